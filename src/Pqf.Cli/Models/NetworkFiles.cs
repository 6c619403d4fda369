using System.Collections.Immutable;
using Pqf.Cli.Configuration;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Coco;
using Pqf.Nets.Detection;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Models;

/// <summary>Reads networks.</summary>
static class NetworkFiles
{
    /// <summary>Reads a network from a file of any known kind, dense or compressed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="config">Architecture, preprocessing and class names, where given, win over the file's.</param>
    /// <param name="device">Where the values go; they belong to its innermost scope.</param>
    public static Result<NetworkFile, PqfError> Load(string path, Config config, Device device) =>
        TensorFiles
            .Open(path)
            .Bind(file =>
            {
                using (file)
                    return Load(file, config, device);
            });

    /// <summary>As <see cref="Load(string, Config, Device)"/>, of a network that classifies images.</summary>
    public static Result<NetworkFile, PqfError> LoadClassifier(string path, Config config, Device device) =>
        Load(path, config, device)
            .Bind<NetworkFile>(network =>
                IsFor(NetworkTask.Detection, network)
                    ? new PqfError.File(path, $"is a detector ({network.Architecture.Name}); expected a network that classifies images")
                    : network
            );

    /// <summary>As <see cref="Load(string, Config, Device)"/>, of a network that finds objects. Without names of its own, one of 91 classes
    /// has COCO's.</summary>
    public static Result<NetworkFile, PqfError> LoadDetector(string path, Config config, Device device) =>
        Load(path, config, device)
            .Bind<NetworkFile>(network =>
                !IsFor(NetworkTask.Detection, network)
                    ? new PqfError.File(path, $"is a {network.Architecture.Name}; expected a network that finds objects ({MaskRcnn.Name})")
                : network.Model.ClassNames is null && network.ClassNames.Length == CocoClasses.LabelCount
                    ? network with
                    {
                        ClassNames = CocoClasses.LabelNames,
                    }
                : network
            );

    /// <summary>Reads a network from an open file.</summary>
    public static Result<NetworkFile, PqfError> Load(TensorFile file, Config config, Device device) =>
        IsPqf(file)
            ? PqfModel
                .From(file, device)
                .Bind(model => Check(file, config, model.Architecture).Bind(_ => Complete(file, config, model, [])))
            : Architecture(file, config)
                .Bind(architecture =>
                    Networks
                        .Build(architecture)
                        .Bind(graph =>
                            StateDict
                                .Load(graph, file, device)
                                .Bind(loaded =>
                                    Complete(
                                        file,
                                        config,
                                        new PqfModel
                                        {
                                            Architecture = architecture,
                                            Graph = graph,
                                            Parameters = loaded.Parameters,
                                            Preprocessing = ConfigMapping.DefaultPreprocessing(architecture.InChannels),
                                        },
                                        [.. loaded.Report.Unused.Select(unused => unused.Name)]
                                    )
                                )
                        )
                );

    /// <summary>Whether a file is of this project's own format, or an ONNX model that holds the same text.</summary>
    public static bool IsPqf(TensorFile file) => file.Metadata.GetValueOrDefault("format") == "pqf";

    static string FormatOf(TensorFile file) =>
        IsPqf(file) && file.Format == Safetensors.FormatName ? $"pqf, version {PqfModel.FormatVersion}" : file.Format;

    static Result<Architecture, PqfError> Architecture(TensorFile file, Config config)
    {
        var recognised = ArchitectureRecognition.Recognise(file);
        if (config.Model.Arch is not { } wanted)
            return recognised.Map(found => ConfigMapping.Architecture(config, found));
        // A file that fits no architecture goes on to the load report, which lists everything that is wrong with it.
        return recognised.Match(
            found => Check(file, config, found).Map(_ => ConfigMapping.Architecture(config, found)),
            _ => ConfigMapping.Architecture(config, Networks.Find(wanted)?.Sized(wanted, WeightShapes.Of(file)) ?? new Architecture(wanted))
        );
    }

    static Result<Unit, PqfError> Check(TensorFile file, Config config, Architecture found) =>
        config.Model.Arch is { } wanted && Networks.Names.Contains(wanted) && !Networks.IsAlso(found, wanted)
            ? new PqfError.File(file.Path, $"expected {wanted}, as model.arch says, got {found.Name}")
            : default(Unit);

    static bool IsFor(NetworkTask task, NetworkFile network) => Networks.FamilyOf(network.Architecture).Task == task;

    static Result<NetworkFile, PqfError> Complete(TensorFile file, Config config, PqfModel model, ImmutableArray<string> unused) =>
        ConfigMapping
            .Preprocessing(config, model.Preprocessing, model.Architecture.InChannels)
            .Bind(preprocessing =>
                ConfigMapping
                    .ClassNames(config, model.ClassNames, model.Architecture.ClassCount)
                    .Map(names => new NetworkFile(
                        file.Path,
                        FormatOf(file),
                        model with
                        {
                            Preprocessing = preprocessing,
                            ClassNames = names,
                        },
                        ConfigMapping.Names(names, model.Architecture.ClassCount),
                        unused
                    ))
            );
}
