using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Families;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Model;

/// <summary>A network read from a file of any kind, with all that its use needs.</summary>
/// <param name="Path">The file; empty for a network that has none yet.</param>
/// <param name="Format">Its kind, for a person.</param>
/// <param name="Model">The network; its values are in the innermost scope of the device at loading.</param>
/// <param name="ClassNames">One name for each class.</param>
/// <param name="Unused">Names of the file's tensors that the network does not use.</param>
public sealed record Network(string Path, string Format, PqfModel Model, ImmutableArray<string> ClassNames, ImmutableArray<string> Unused)
{
    /// <summary>The network's architecture.</summary>
    public Architecture Architecture => Model.Architecture;

    /// <summary>The network's graph.</summary>
    public Graph Graph => Model.Graph;

    /// <summary>The network's parameters.</summary>
    public Parameters Parameters => Model.Parameters;

    /// <summary>Layers whose values are not the file's but drawn newly: all that depend on the class count, or none.</summary>
    public ImmutableArray<string> NewLayers { get; init; } = [];

    /// <summary>Its norms have mean 0 and variance 1 because the file lacks their statistics: only compression and training on images may
    /// use it.</summary>
    public bool LacksStatistics { get; init; }

    /// <summary>Nothing says what images it takes, and it does not look like a network for ImageNet: <see cref="Preprocessing"/> is a
    /// guess.</summary>
    public bool GuessesImages { get; init; }

    /// <summary>What was guessed when the file was read, a line each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>How its images are prepared.</summary>
    public Preprocessing Preprocessing => Model.Preprocessing;

    /// <summary>Whether any weight is quantised.</summary>
    public bool IsCompressed => Parameters.IsQuantised;

    /// <summary>The device that holds the parameters.</summary>
    public Device Device => Parameters.Tensors().First().Device;

    /// <summary>Reads a network from a file of any known kind: <c>.pqf</c>, <c>.pth</c> (zip or older), <c>.safetensors</c> or
    /// <c>.onnx</c>, dense or compressed. The contents decide, not the name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where the values go; they belong to its innermost scope.</param>
    /// <param name="overrides">What wins over what the file says; null for nothing.</param>
    /// <param name="task">What the network must be for; null for anything.</param>
    /// <returns>The network, or an error that names the file and everything in it that does not fit.</returns>
    public static Result<Network, PqfError> Load(
        string path,
        Device device,
        NetworkOverrides? overrides = null,
        NetworkTask? task = null
    ) =>
        TensorFiles
            .Open(path)
            .Bind(file =>
            {
                using (file)
                    return Load(file, device, overrides);
            })
            .Bind(network => task is { } wanted ? network.For(wanted) : network);

    /// <summary>Reads a network from an open file.</summary>
    /// <param name="file">Needed no longer afterwards.</param>
    /// <param name="device">As for a path.</param>
    /// <param name="overrides">As for a path.</param>
    public static Result<Network, PqfError> Load(TensorFile file, Device device, NetworkOverrides? overrides = null) =>
        NetworkReader
            .Read(file, device, overrides ?? new())
            .Bind<Network>(network =>
                network.Parameters.Tensors().Any()
                    ? network
                    : new PqfError.File(file.Path, "holds no weights; expected a network with weights to compress or to run")
            );

    /// <summary>A network of random weights, to be trained.</summary>
    /// <param name="architecture">Which.</param>
    /// <param name="graph">The network's graph.</param>
    /// <param name="parameters">The network's parameters.</param>
    /// <param name="overrides">Preprocessing and class names, where they are not ImageNet's.</param>
    public static Result<Network, PqfError> New(
        Architecture architecture,
        Graph graph,
        Parameters parameters,
        NetworkOverrides? overrides = null
    ) =>
        (overrides ?? new()).Complete(
            "",
            "random weights",
            new PqfModel
            {
                Architecture = architecture,
                Graph = graph,
                Parameters = parameters,
                Preprocessing = Preprocessing.Of(architecture.InChannels),
            },
            []
        );

    /// <summary>Whether a file is of this project's own format, or an ONNX model that holds the same text.</summary>
    public static bool IsPqf(TensorFile file) => file.Metadata.GetValueOrDefault("format") == "pqf";

    /// <summary>What kind of file it is, for a person: <c>pqf, version 1</c>, or as <see cref="TensorFile.Format"/>.</summary>
    public static string FormatOf(TensorFile file) =>
        IsPqf(file) && file.Format == Safetensors.FormatName ? $"pqf, version {file.Metadata.GetValueOrDefault("version")}" : file.Format;

    /// <summary>Whether a file that holds no known network may hold one with its graph.</summary>
    public static bool HasOwnGraph(TensorFile file) =>
        OnnxReader.HasGraph(file)
        || FamilyNetwork.Find(file).Match(found => found is not null, _ => true)
        || ModelMetadata.BesidePyTorch(file).Match(text => text?.Architecture.Options is GraphOptions, _ => false);

    /// <summary>The model in a file whose network is none that is known, and is not run here.</summary>
    /// <param name="file">An open file.</param>
    /// <param name="overrides">As for a path.</param>
    /// <returns>Null if the file's network can be read; an error if there is nothing in it that can be compressed.</returns>
    public static Result<OnnxPartialModel, PqfError>? Partial(TensorFile file, NetworkOverrides? overrides = null) =>
        !IsPqf(file)
        && ModelMetadata
            .BesidePyTorch(file)
            .Match(stored => NetworkReader.HasOtherGraph(file, NetworkReader.NamesOf(file, stored), overrides ?? new()), _ => false)
            ? OnnxPartialModel.Find(file)
            : null;

    /// <summary>Writes the network, whole or not at all. Quantised weights stay so.</summary>
    /// <param name="path">The file; its name ends in <c>.pqf</c>, <c>.pth</c>, <c>.safetensors</c> or <c>.onnx</c>.</param>
    /// <returns>An error that names the path if its end is another or the file system refuses.</returns>
    public Result<Unit, PqfError> Save(string path) =>
        ModelFormats.Of(path) is { } format
            ? Model.Save(path, format)
            : new PqfError.File(path, "expected a name that ends in .pqf, .pth, .safetensors or .onnx");

    /// <summary>The network, if photographs can be its input: everything that prepares photographs for a network asks this first.</summary>
    /// <returns>An error that names the network and its channels.</returns>
    public Result<Network, PqfError> ForPhotographs() => CheckPhotographs(Path, Model).Map(_ => this);

    /// <summary>Whether photographs can be the input of a network.</summary>
    /// <param name="path">Its file; empty where it has none.</param>
    /// <param name="model">The network.</param>
    internal static Result<Unit, PqfError> CheckPhotographs(string path, PqfModel model) =>
        model.Preprocessing.TakesPhotographs
            ? default(Unit)
            : new PqfError.File(
                path is "" ? model.Architecture.Name : path,
                $"has {model.Preprocessing.Channels} input channels; expected 1 (grey) or 3 (colour), as photographs have; "
                    + $"pqf run takes arrays of {model.Preprocessing.Channels} channels (.npy, .safetensors)"
            );

    Result<Network, PqfError> For(NetworkTask task)
    {
        var own = Networks.TaskOf(Architecture);
        if (own == task)
            return this;
        var families = Networks.Families.Where(family => family.Task == task);
        return new PqfError.File(
            Path,
            own == NetworkTask.Values ? $"gives other values than one row of classes for each image; expected a network that {Verb(task)}"
                : task == NetworkTask.Classification ? $"is a detector ({Architecture.Name}); expected a network that classifies images"
                : $"is a {Architecture.Title}; expected a network that finds objects "
                    + $"({string.Join(", ", families.SelectMany(family => family.Names))})"
        );
    }

    static string Verb(NetworkTask task) => task == NetworkTask.Classification ? "classifies images" : "finds objects";
}
