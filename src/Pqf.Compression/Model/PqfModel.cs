using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Model;

/// <summary>What the classes of a network are called.</summary>
public abstract record ClassNames
{
    /// <summary>The set of the 1000 classes of <see cref="Nets.Images.ImageNetClasses"/>.</summary>
    public const string ImageNet = "imagenet";

    ClassNames() { }

    /// <summary>A set that programs know by name, such as <c>imagenet</c>: a thousand names would be larger than the savings
    /// allow.</summary>
    public sealed record WellKnown(string Set) : ClassNames;

    /// <summary>The names themselves, in the order of the logits.</summary>
    public sealed record Listed(ImmutableArray<string> Names) : ClassNames;
}

/// <summary>The source of a compressed network.</summary>
/// <param name="SourceName">Name of the file of weights.</param>
/// <param name="SourceSha256">Its SHA-256, in lower-case hexadecimal digits.</param>
/// <param name="ToolVersion">Version of the program that compressed it.</param>
/// <param name="Created">When, in ISO 8601, if whoever wrote the file said so.</param>
public sealed record Provenance(string SourceName, string SourceSha256, string ToolVersion, string? Created = null);

/// <summary>A network with all that its use needs: the contents of a <c>.pqf</c> file.</summary>
/// <remarks>
/// The file is safetensors. For a quantised layer X it holds <c>X.codes_matrix</c>, bytes of packed codes (⌈log₂k⌉ bits each, lowest bit
/// first, rows of blocks in
/// order), and <c>X.codebook</c> [k, d] in half precision; for a dense one <c>X.weight</c>; for a norm two vectors, folded; values are
/// single precision. In version 2 they may be half precision, or 8 bits with scales: <see cref="EightBits"/>.
/// The text beside the tensors has <c>format</c> "pqf", <c>version</c> and the JSON of the other members.
/// </remarks>
public sealed record PqfModel
{
    /// <summary>Version of the format in which networks of known families are written.</summary>
    public const string FormatVersion = "1";

    /// <summary>Version in which networks of a graph of their own are written, as the architecture's text holds the graph; and networks
    /// with values in 8 bits, or in half precision beside codebooks.</summary>
    public const string GraphFormatVersion = "2";

    /// <summary>The network's architecture.</summary>
    public required Architecture Architecture { get; init; }

    /// <summary>The network's graph.</summary>
    public required Graph Graph { get; init; }

    /// <summary>The network's parameters, quantised or dense.</summary>
    public required Parameters Parameters { get; init; }

    /// <summary>How images become inputs.</summary>
    public Preprocessing Preprocessing { get; init; } = new();

    /// <summary>Names of the classes; null if unknown.</summary>
    public ClassNames? ClassNames { get; init; }

    /// <summary>How it was quantised; null for a dense network.</summary>
    public CompressionSpec? Compression { get; init; }

    /// <summary>Seed of the run; null for a dense network.</summary>
    public long? Seed { get; init; }

    /// <summary>The source of the network; null if unknown.</summary>
    public Provenance? Provenance { get; init; }

    /// <summary>The network as its files hold it: norms folded, values rounded to their forms. New tensors belong to the innermost
    /// scope.</summary>
    public PqfModel AsStored() => this with { Parameters = Norms.Fold(Graph, Parameters).AsStored() };

    /// <summary>The network with its weights decoded. New tensors belong to the innermost scope.</summary>
    public PqfModel Decoded() =>
        this with
        {
            Parameters = new(
                Parameters.Values.ToImmutableDictionary(pair => pair.Key, pair => (Weight)new Weight.Dense(pair.Value.Decode()))
            ),
        };

    /// <summary>Version of the format that holds the network.</summary>
    internal string Version =>
        Architecture.Options is GraphOptions || Parameters.Values.Values.Any(HasNewForm) ? GraphFormatVersion : FormatVersion;

    /// <summary>The network with the forms of values that its compression asked for, which a state of training does not hold.</summary>
    internal PqfModel WithForms() =>
        Compression is { } spec ? this with { Parameters = StoredForms.Marked(Graph, Parameters, spec) } : this;

    static bool HasNewForm(Weight weight) =>
        weight.Match(dense => dense.Form != ValueForm.Single, quantised => quantised.CodebookForm != ValueForm.Half);

    /// <summary>The file's tensors, in graph order. They read their values when they are written, while the parameters live.</summary>
    /// <remarks>Folded norms belong to the innermost scope.</remarks>
    public IReadOnlyList<StoredTensor> ToTensors()
    {
        var folded = Norms.Fold(Graph, Parameters);
        return
        [
            .. ParameterSpecs
                .Of(Graph)
                .Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar))
                .SelectMany(spec =>
                    folded[spec.Name]
                        .Match<IEnumerable<StoredTensor>>(
                            dense => StateDict.Stored(spec.Name, dense),
                            quantised => [ModelTensors.Codes(spec.Layer, quantised), .. ModelTensors.Codebook(spec.Layer, quantised)]
                        )
                ),
        ];
    }

    /// <summary>The text beside the tensors.</summary>
    public IReadOnlyDictionary<string, string> ToMetadata() => ModelMetadata.Of(this).ToText();

    /// <summary>Writes a <c>.pqf</c> file, whole or not at all.</summary>
    /// <returns>An error that names the path if the file system refuses.</returns>
    public Result<Unit, PqfError> Write(string path) => Save(path, ModelFormat.Pqf);

    /// <summary>Writes an ONNX model, whole or not at all: the same network and the same text, for other programs.</summary>
    /// <returns>An error that names the path if the file system refuses.</returns>
    public Result<Unit, PqfError> WriteOnnx(string path) => Save(path, ModelFormat.Onnx);

    /// <summary>Writes a file of any kind, whole or not at all. Quantised weights stay so; a network without any is written under PyTorch's
    /// dense names.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">Its kind.</param>
    /// <returns>An error that names the path if the file system refuses, or the layer whose values are not finite, which no reader would
    /// take.</returns>
    public Result<Unit, PqfError> Save(string path, ModelFormat format)
    {
        using var scope = Parameters.Tensors().First().Device.BeginScope();
        return CheckFinite().Bind(_ => Contents(path, format)).Bind(write => AtomicFile.Write(path, write));
    }

    /// <summary>Whether every value is finite as files hold it.</summary>
    Result<Unit, PqfError> CheckFinite()
    {
        var folded = Norms.Fold(Graph, Parameters);
        foreach (var spec in ParameterSpecs.Of(Graph))
        {
            using var scope = folded[spec.Name].Tensors().First().Device.BeginScope();
            var values = folded[spec.Name].AsStored().Match(dense => dense.Value, quantised => quantised.Codebook).OnHost();
            for (int i = 0; i < values.Length; i++)
                if (!float.IsFinite(values[i]))
                    return new PqfError.Layer(
                        spec.Layer,
                        $"{spec.Name} would be {values[i]} at position {i} in a file; expected finite values"
                    );
        }

        return default(Unit);
    }

    /// <summary>Bytes of the file that <see cref="Save"/> would write.</summary>
    /// <inheritdoc cref="Save"/>
    /// <param name="path">Named in errors.</param>
    public Result<long, PqfError> SizeOf(string path, ModelFormat format)
    {
        using var scope = Parameters.Tensors().First().Device.BeginScope();
        return Contents(path, format).Map(CountingStream.Count);
    }

    /// <summary>What is in a file; its tensors belong to the innermost scope.</summary>
    Result<Action<Stream>, PqfError> Contents(string path, ModelFormat format) =>
        format switch
        {
            ModelFormat.Pqf => Safetensors.Contents(path, ToTensors(), ToMetadata()),
            ModelFormat.Pth when !format.Holds(Architecture, Parameters.IsQuantised) => new PqfError.File(
                path,
                ModelFormats.WithoutGraph(Architecture)
            ),
            ModelFormat.Pth => PyTorchFile.Contents(path, PyTorchTensors()),
            ModelFormat.Onnx => OnnxContents(path),
            _ => Safetensors.Contents(path, PyTorchTensors(), ModelMetadata.Of(this).ToTextBesidePyTorch()),
        };

    Result<Action<Stream>, PqfError> OnnxContents(string path)
    {
        var text = ModelMetadata.Of(this).ToSelfContainedText();
        return Networks.FamilyOf(Architecture).Task == NetworkTask.Detection
            ? (Action<Stream>)(stream => OnnxDetectorWriter.Write(stream, Architecture, Parameters, text))
            : OnnxWriter.Contents(
                path,
                Graph,
                Parameters,
                Preprocessing.InputShape(1),
                text,
                Architecture.Options is GraphOptions graph ? new OnnxModelNames(graph.InputName, graph.Outputs) : null
            );
    }

    IEnumerable<StoredTensor> PyTorchTensors() =>
        Parameters.IsQuantised ? StateDict.Published(Graph, Parameters) : StateDict.Dense(Graph, Parameters);

    /// <summary>Reads a <c>.pqf</c> file, or an ONNX model written by <see cref="WriteOnnx"/>.</summary>
    /// <param name="file">Open; needed no longer afterwards.</param>
    /// <param name="device">Where the values go; they belong to its innermost scope.</param>
    /// <returns>The network, or what is wrong: another format or version, unreadable text, an unknown architecture, tensors missing,
    /// unknown or of the wrong
    /// shape, values that are not finite, codes outside their codebook.</returns>
    public static Result<PqfModel, PqfError> From(TensorFile file, Device device) =>
        ModelMetadata.From(file).Bind(metadata => From(file, metadata, device));

    /// <summary>Reads the tensors of a network whose text is known.</summary>
    internal static Result<PqfModel, PqfError> From(TensorFile file, ModelMetadata metadata, Device device) =>
        Build(file, metadata.Architecture)
            .Bind(graph =>
                Load(graph, file, metadata.Architecture, device)
                    .Map(parameters => new PqfModel
                    {
                        Architecture = metadata.Architecture,
                        Graph = graph,
                        Parameters =
                            metadata.Compression is { } spec && OnnxReader.HasGraph(file)
                                ? StoredForms.Restored(graph, parameters, spec)
                                : parameters,
                        Preprocessing = metadata.Preprocessing,
                        ClassNames = metadata.ClassNames,
                        Compression = metadata.Compression,
                        Seed = metadata.Seed,
                        Provenance = metadata.Provenance,
                    })
            );

    // What a file asks for is the file's mistake, not the command line's.
    internal static Result<Graph, PqfError> Build(TensorFile file, Architecture architecture) =>
        Networks
            .Build(architecture)
            .Match<Result<Graph, PqfError>>(graph => graph, error => new PqfError.File(file.Path, $"metadata: {error.Message}"));

    static Result<Parameters, PqfError> Load(Graph graph, TensorFile file, Architecture architecture, Device device)
    {
        var unpacked = ModelTensors.Unpacked(graph, file);
        bool isOwnGraph = architecture.Options is GraphOptions;
        // Names of a graph of its own are nobody else's; and what else an ONNX model of one holds are numbers of its operations.
        var loaded = isOwnGraph ? StateDict.Load(graph, NamedTensors.AsTheyAre(unpacked), device) : StateDict.Load(graph, unpacked, device);
        return loaded.Bind<Parameters>(found =>
        {
            string[] unused =
            [
                .. found
                    .Report.Unused.Select(tensor => tensor.Name)
                    .Where(name => !OnnxReader.HasGraph(file) || !(isOwnGraph || OnnxDetectorWriter.IsConstant(name))),
            ];
            return unused.Length == 0
                ? found.Parameters
                : new PqfError.File(file.Path, $"holds tensors that the network has no use for: {string.Join(", ", unused)}");
        });
    }
}
