using System.Collections.Immutable;
using Pqf.Cli.Configuration;
using Pqf.Nets;
using Pqf.Nets.Images;
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
    public static Result<NetworkFile, PqfError> Load(string path, Config config, Device device) => TensorFiles.Open(path).Bind(file =>
    {
        using (file)
            return Load(file, config, device);
    });

    /// <summary>Which network an open file holds.</summary>
    public static Result<Architecture, PqfError> Recognise(TensorFile file) => ArchitectureRecognition.Recognise(file);

    /// <summary>Reads a network from an open file.</summary>
    public static Result<NetworkFile, PqfError> Load(TensorFile file, Config config, Device device) =>
        ArchitectureFor(file, config).Bind(architecture =>
            ResNet.Build(architecture).Bind(graph =>
                StateDict.Load(graph, file, device).Bind(loaded =>
                    Describe(file, config, architecture, graph, loaded.Parameters, loaded.Report))));

    static Result<Architecture, PqfError> ArchitectureFor(TensorFile file, Config config)
    {
        var recognised = ArchitectureRecognition.Recognise(file);
        if (config.Model.Arch is not { } wanted)
            return recognised.Map(found => ConfigMapping.Architecture(config, found));
        // A file that fits no architecture goes on to the load report, which lists everything that is wrong with it.
        return recognised.Match<Result<Architecture, PqfError>>(
            found => GraphName(found.Name) == GraphName(wanted) || !ResNet.Names.Contains(wanted)
                ? ConfigMapping.Architecture(config, found)
                : new PqfError.File(file.Path, $"expected {wanted}, as model.arch says, got the layers of {found.Name}"),
            _ => ConfigMapping.Architecture(config, new Architecture(wanted, StateDict.ClassCount(file) ?? 1000)));
    }

    // "resnet50ssl" is ResNet-50 trained on more data.
    static string GraphName(string architecture) => architecture.EndsWith("ssl", StringComparison.Ordinal) ? architecture[..^3] : architecture;

    static Result<NetworkFile, PqfError> Describe(TensorFile file, Config config, Architecture architecture, Graph graph, Parameters parameters, LoadReport report) =>
        ConfigMapping.Preprocessing(config, null, architecture.InChannels).Bind(preprocessing =>
            ConfigMapping.ClassNames(config, [], architecture.ClassCount, ImageNetNames).Map(names => new NetworkFile
            {
                Path = file.Path,
                Format = file.Format,
                Architecture = architecture,
                Graph = graph,
                Parameters = parameters,
                NormsFolded = report.NormsFolded,
                Preprocessing = preprocessing,
                ClassNames = names,
                Unused = [.. report.Unused.Select(unused => unused.Name)],
            }));

    static ImmutableArray<string> ImageNetNames() => [.. ImageNetClasses.Table.All.Select(item => item.Name)];
}
