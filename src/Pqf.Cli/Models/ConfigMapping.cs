using System.Collections.Immutable;
using Pqf.Cli.Configuration;
using Pqf.Compression;
using Pqf.Nets;
using Pqf.Tensors;

namespace Pqf.Cli.Models;

/// <summary>What the keys of a configuration mean to the libraries below.</summary>
static class ConfigMapping
{
    // The average of ImageNet's three channels, as is customary for grey networks.
    static readonly Preprocessing Grey = new() { Mean = [0.449f], Deviation = [0.226f] };

    /// <summary>How channel orders are searched; null if they are kept.</summary>
    public static PermutationSpec? Permutation(Config config) => !config.Model.UsePermutations ? null : new PermutationSpec
    {
        Proposals = config.Model.SlsIterations,
        Strategies = config.Search switch
        {
            SearchStrategy.Greedy => [PermutationStrategy.Greedy],
            SearchStrategy.Descent => [PermutationStrategy.Greedy, PermutationStrategy.Descent],
            _ => [PermutationStrategy.Greedy, PermutationStrategy.Stochastic],
        },
        LayerStrategies = config.Model.PermutationSpecs.Where(layer => !layer.Value.Optimization.IsEmpty)
            .ToImmutableDictionary(layer => layer.Key, layer => layer.Value.Optimization),
        Groups = config.Model.Permutations,
    };

    /// <summary>What a file's own architecture becomes under the configuration.</summary>
    /// <param name="config">Its keys win.</param>
    /// <param name="found">The file's.</param>
    public static Architecture Architecture(Config config, Architecture found) => new(
        config.Model.Arch ?? found.Name,
        config.Model.ClassCount ?? found.ClassCount,
        config.Model.InputChannels ?? found.InChannels);

    /// <summary>How images are prepared: the file's way, with the configuration's keys over it.</summary>
    /// <param name="config">Its keys win.</param>
    /// <param name="stored">The file's; null for ImageNet's.</param>
    /// <param name="channels">The network's input channels.</param>
    public static Result<Preprocessing, PqfError> Preprocessing(Config config, Preprocessing? stored, int channels)
    {
        var basis = stored ?? (channels == 1 ? Grey : new Preprocessing());
        var keys = config.Preprocessing;
        var result = basis with
        {
            Resize = keys.Resize ?? basis.Resize,
            Crop = keys.Crop ?? basis.Crop,
            Mean = keys.Mean.IsEmpty ? basis.Mean : keys.Mean,
            Deviation = keys.Deviation.IsEmpty ? basis.Deviation : keys.Deviation,
        };
        if (result.Mean.Length != channels || result.Deviation.Length != channels)
            return Wrong("preprocessing.mean", $"expected {channels} numbers in mean and in deviation, as the network has input channels, got {result.Mean.Length} and {result.Deviation.Length}");
        return result.Crop > result.Resize ? Wrong("preprocessing.crop", $"expected at most resize ({result.Resize}), got {result.Crop}") : result;
    }

    /// <summary>Names of the classes: the configuration's, else the file's, else ImageNet's for 1000 classes, else numbers.</summary>
    public static Result<ImmutableArray<string>, PqfError> ClassNames(Config config, ImmutableArray<string> stored, int classCount, Func<ImmutableArray<string>> imageNet) =>
        Given(config).Bind<ImmutableArray<string>>(given =>
        {
            var names = given.IsEmpty ? stored : given;
            if (names.IsEmpty)
                return classCount == 1000 ? imageNet() : [.. Enumerable.Range(0, classCount).Select(number => $"class {number}")];
            return names.Length == classCount ? names : Wrong("model.class_names", $"expected {classCount} names, got {names.Length}");
        });

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
