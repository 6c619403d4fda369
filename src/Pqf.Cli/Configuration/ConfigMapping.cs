using System.Collections.Immutable;
using Pqf.Cli.Shell;
using Pqf.Compression;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reconstruction;
using Pqf.Compression.Training;
using Pqf.Nets.Detection;
using Pqf.Tensors;

namespace Pqf.Cli.Configuration;

/// <summary>What the keys of a configuration mean to the libraries below.</summary>
static class ConfigMapping
{
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
                    .ToImmutableDictionary(layer => layer.Key, layer => layer.Value.Optimization),
                LayerReshapes = config
                    .Model.PermutationSpecs.Where(layer => !layer.Value.Reshape.IsEmpty)
                    .ToImmutableDictionary(layer => layer.Key, layer => layer.Value.Reshape),
                Groups = config.Model.Permutations,
            };

    /// <summary>What wins over what a network's file says.</summary>
    public static Result<NetworkOverrides, PqfError> Overrides(Config config) =>
        ClassNames(config)
            .Map(names => new NetworkOverrides
            {
                Arch = config.Model.Arch,
                ArchSource = ArchSource(config),
                ClassCount = config.Model.ClassCount,
                InChannels = config.Model.InputChannels,
                Width = config.Model.Width,
                Options = found => found is null or MaskRcnnOptions ? config.Model.MaskRcnn.Over((MaskRcnnOptions?)found) : found,
                Resize = config.Preprocessing.Resize,
                Crop = config.Preprocessing.Crop,
                Mean = config.Preprocessing.Mean,
                Deviation = config.Preprocessing.Deviation,
                ClassNames = names,
            });

    /// <summary>What a person typed to name the network: a preset, or the key.</summary>
    static string ArchSource(Config config) =>
        config.Source.Entries.GetValueOrDefault("model") is ConfigNode.Mapping model
        && model.Entries.GetValueOrDefault("arch") is { Origin: ConfigLoader.Defaults }
            ? "--preset"
            : new NetworkOverrides().ArchSource;

    /// <summary>Whether the images are those of a detector: annotations in COCO's format, and no labelled images.</summary>
    public static bool HasAnnotations(Config config) =>
        config.Dataloader is { ImagenetPath: null, IdxPath: null }
        && (config.Dataloader.CocoPath ?? config.Dataloader.TrainAnnotations ?? config.Dataloader.ValAnnotations) is not null;

    /// <summary>Where labelled images are.</summary>
    public static ImageSource Labelled(DataloaderConfig keys) =>
        new()
        {
            ImageFolder = keys.ImagenetPath,
            IdxFolder = keys.IdxPath,
            TrainImagesPerClass = keys.TrainImagesPerClass,
            HeldBack = keys.ValidationFraction is { } fraction ? new HeldBack(fraction, keys.SplitSeed) : null,
        };

    /// <summary>Where images of detectors are.</summary>
    public static CocoSource Coco(Config config) =>
        new()
        {
            Folder = config.Dataloader.CocoPath,
            TrainAnnotations = config.Dataloader.TrainAnnotations,
            TrainImages = config.Dataloader.TrainImages,
            ValAnnotations = config.Dataloader.ValAnnotations,
            ValImages = config.Dataloader.ValImages,
        };

    /// <summary>How a network is compressed.</summary>
    /// <param name="run">The configuration, loader threads and clock.</param>
    public static CompressOptions Compress(RunContext run) =>
        new()
        {
            Permutation = Permutation(run.Config),
            Compression = run.Config.Model.Compression,
            ColumnWeights = run.Config.Model.ColumnWeights,
            Target = run.Config.TargetSize ?? run.Config.TargetRatio,
            MaxLoss = run.Config.MaxLoss / 100,
            Formats = [.. run.Config.UsualFormats.Distinct()],
            Reconstruction = run.Config.Calibration is CalibrationLevel.Auto or CalibrationLevel.Layers or CalibrationLevel.Network
                ? new ReconstructionOptions()
                : null,
            Seed = run.Config.Seed,
            BatchSize = run.Config.Dataloader.BatchSize ?? new CompressOptions().BatchSize,
            LoaderThreadCount = run.LoaderThreadCount,
            HostThreadCount = run.Config.Threads,
            ToolVersion = HelpText.Version,
            Clock = run.Terminal.Clock,
        };

    /// <summary>How a network is trained on the dense network's answers; null where it is not.</summary>
    public static DistillationPlan? Distillation(Config config)
    {
        if (config is not ({ Calibration: CalibrationLevel.Network } or { Calibration: CalibrationLevel.Auto, CalibrateMinutes: not null }))
            return null;
        var defaults = new DistillationOptions();
        return new(defaults with { Steps = config.CalibrateSteps ?? defaults.Steps })
        {
            Minutes = config.CalibrateSteps is null ? config.CalibrateMinutes : null,
        };
    }

    static Result<ImmutableArray<string>, PqfError> ClassNames(Config config)
    {
        if (config.Model.ClassNamesPath is not { } text)
            return ClassNameList.Of("configuration: model.class_names", config.Model.ClassNames);
        // The command line writes lists with commas; a file's name may have some.
        return text.Contains(',', StringComparison.Ordinal) && !File.Exists(text)
                ? ClassNameList.Of("configuration: model.class_names", [.. text.Split(',', StringSplitOptions.TrimEntries)])
            : Path.Exists(text) ? ClassNameList.Read(text)
            : new PqfError.Config(
                "configuration",
                "model.class_names",
                $"expected a list of names, or a file with a name on each line; there is no file {Printable.Name(text)}"
            );
    }
}
