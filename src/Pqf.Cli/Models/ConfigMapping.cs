using System.Collections.Immutable;
using Pqf.Cli.Configuration;
using Pqf.Compression;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Cli.Models;

/// <summary>What the keys of a configuration mean to the libraries below.</summary>
static class ConfigMapping
{
    const int ImageNetClassCount = 1000;

    // The average of ImageNet's three channels, as is customary for grey networks.
    static readonly Preprocessing Grey = new() { Mean = [0.449f], Deviation = [0.226f] };

    /// <summary>How channel orders are searched; null if they are kept.</summary>
    public static PermutationSpec? Permutation(Config config) =>
        !config.Model.UsePermutations
            ? null
            : new PermutationSpec
            {
                Proposals = config.Model.SlsIterations,
                Strategies = config.Search switch
                {
                    SearchStrategy.Greedy => [PermutationStrategy.Greedy],
                    SearchStrategy.Descent => [PermutationStrategy.Greedy, PermutationStrategy.Descent],
                    _ => [PermutationStrategy.Greedy, PermutationStrategy.Stochastic],
                },
                LayerStrategies = config
                    .Model.PermutationSpecs.Where(layer => !layer.Value.Optimization.IsEmpty)
                    .ToImmutableDictionary(layer => Networks.Canonical(layer.Key), layer => layer.Value.Optimization),
                LayerReshapes = config
                    .Model.PermutationSpecs.Where(layer => !layer.Value.Reshape.IsEmpty)
                    .ToImmutableDictionary(layer => Networks.Canonical(layer.Key), layer => layer.Value.Reshape),
                Groups = [.. config.Model.Permutations.Select(group => (Canonical(group.Parents), Canonical(group.Children)))],
            };

    /// <summary>How a network is quantised; layers under the names of its graph.</summary>
    public static CompressionSpec Compression(Config config) =>
        config.Model.Compression with
        {
            IgnoredModules = [.. config.Model.Compression.IgnoredModules.Select(Networks.Canonical)],
            LayerSpecs = config.Model.Compression.LayerSpecs.ToImmutableSortedDictionary(
                layer => Networks.Canonical(layer.Key),
                layer => layer.Value
            ),
        };

    static ImmutableArray<string> Canonical(ImmutableArray<string> names) => [.. names.Select(Networks.Canonical)];

    /// <summary>What a file's own architecture becomes under the configuration.</summary>
    /// <param name="config">Its keys win.</param>
    /// <param name="found">The file's.</param>
    public static Architecture Architecture(Config config, Architecture found) =>
        found with
        {
            Name = config.Model.Arch ?? found.Name,
            ClassCount = config.Model.ClassCount ?? found.ClassCount,
            InChannels = config.Model.InputChannels ?? found.InChannels,
            Width = config.Model.Width ?? found.Width,
            Options = found.Options is null or MaskRcnnOptions ? config.Model.MaskRcnn.Over((MaskRcnnOptions?)found.Options) : found.Options,
        };

    /// <summary>How images of a network of unknown upbringing are prepared: ImageNet's way.</summary>
    /// <param name="channels">1 or 3.</param>
    public static Preprocessing DefaultPreprocessing(int channels) => channels == 1 ? Grey : new Preprocessing();

    /// <summary>How images are prepared: the file's way, with the configuration's keys over it.</summary>
    /// <param name="config">Its keys win.</param>
    /// <param name="stored">The file's.</param>
    /// <param name="channels">The network's input channels.</param>
    public static Result<Preprocessing, PqfError> Preprocessing(Config config, Preprocessing stored, int channels)
    {
        var keys = config.Preprocessing;
        var result = stored with
        {
            Resize = keys.Resize ?? stored.Resize,
            Crop = keys.Crop ?? stored.Crop,
            Mean = keys.Mean.IsEmpty ? stored.Mean : keys.Mean,
            Deviation = keys.Deviation.IsEmpty ? stored.Deviation : keys.Deviation,
        };
        if (result.Mean.Length != channels || result.Deviation.Length != channels)
            return Wrong(
                "preprocessing.mean",
                $"expected {channels} numbers in mean and in deviation, as the network has input channels, got {result.Mean.Length} and {result.Deviation.Length}"
            );
        return result.Crop > result.Resize
            ? Wrong("preprocessing.crop", $"expected at most resize ({result.Resize}), got {result.Crop}")
            : result;
    }

    /// <summary>Names of the classes: the configuration's, else the file's, else ImageNet's for 1000 classes, else none.</summary>
    public static Result<ClassNames?, PqfError> ClassNames(Config config, ClassNames? stored, int classCount) =>
        Given(config)
            .Bind<ClassNames?>(given =>
                given switch
                {
                    [] => stored
                        ?? (classCount == ImageNetClassCount ? new ClassNames.WellKnown(Pqf.Compression.Model.ClassNames.ImageNet) : null),
                    _ when given.Length == classCount => new ClassNames.Listed(given),
                    _ => Wrong("model.class_names", $"expected {classCount} names, got {given.Length}"),
                }
            );

    /// <summary>One name a class.</summary>
    public static ImmutableArray<string> Names(ClassNames? names, int classCount) =>
        names switch
        {
            ClassNames.Listed listed => listed.Names,
            ClassNames.WellKnown { Set: Pqf.Compression.Model.ClassNames.ImageNet } when classCount == ImageNetClassCount =>
            [
                .. ImageNetClasses.Table.All.Select(item => item.Name),
            ],
            _ => [.. Enumerable.Range(0, classCount).Select(number => $"class {number}")],
        };

    static Result<ImmutableArray<string>, PqfError> Given(Config config)
    {
        if (config.Model.ClassNamesPath is not { } path)
            return config.Model.ClassNames;
        try
        {
            return File.ReadAllLines(path).Select(line => line.Trim()).Where(line => line.Length > 0).ToImmutableArray();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new PqfError.File(path, error is FileNotFoundException or DirectoryNotFoundException ? "no such file" : error.Message);
        }
    }

    static PqfError.Config Wrong(string key, string problem) => new("configuration", key, problem);
}
