using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Collectives;
using Pqf.Compression.Jobs;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Configuration;

/// <summary>What the keys of a configuration mean to a training.</summary>
static class TrainingMapping
{
    const double DefaultMomentum = 0.9;

    /// <summary>How a network is trained.</summary>
    /// <param name="run">The keys.</param>
    /// <param name="ranks">The processes of the run.</param>
    /// <param name="resume">Null to begin; else the state to resume from.</param>
    /// <param name="weights">The network to begin with; null for random weights.</param>
    /// <param name="body">The body of a new network; null for none.</param>
    public static Result<TrainOptions, PqfError> Options(
        RunContext run,
        ICollective ranks,
        string? resume,
        string? weights,
        string? body = null
    )
    {
        var config = run.Config;
        if (config.OutputPath is null && resume is not null)
            return NoFolder(resume);
        if (resume is not null && weights is not null && OtherNetwork(weights, config.Model.StateDictCompressed) is { } other)
            return other;
        if (SizeRequest.CheckFixed(config) is Result<Unit, PqfError>.Error(var search))
            return search;
        string folder = run.OutputFolder(weights ?? body ?? config.Model.Arch);
        // A run that resumes reads its own files, and replaces them as it began to.
        if (resume is null && CheckInputs(run, new TrainingFolder(folder)) is Result<Unit, PqfError>.Error(var readToo))
            return readToo;
        if (resume is "")
            NoteOtherEpochs(run, new TrainingFolder(folder));
        if (config is { Optimizer: OptimizerType.Adam } && (config.Momentum is not null || config.WeightDecay is not null))
            run.Note("optimizer adam ignores momentum and weight_decay");
        return new TrainOptions
        {
            Folder = folder,
            Resume = resume,
            AfterPreparing = () => run.NoteOutput(folder),
            Configuration = StoredConfig.Text(config, weights),
            ResumeCommand = NextCommand.Resume(run, folder),
            Compression = config.Model.Compress ? ConfigMapping.Compress(run) : null,
            Seed = config.Seed,
            Epochs = config.Epochs,
            Patience = config.Patience,
            BestMetric = config.BestMetric,
            LearningRate = config.LearningRate,
            Optimizer = Optimizer(config),
            Schedule = stepCount => Schedule(config.LrScheduler, stepCount),
            LastEpoch = config.LrScheduler.LastEpoch,
            SkipInitialValidation = config.SkipInitialValidation,
            BatchSize = config.Dataloader.BatchSize,
            MicroBatch = config.Dataloader.MicroBatch,
            Ranks = ranks,
            BucketBytes = (int)Math.Ceiling(1e6 * config.RankBucketMb),
            Program = VersionResult.Current().Program,
            IsShuffled = config.Dataloader.TrainShuffle,
            SkipsCorrupt = config.Dataloader.SkipCorrupt,
            LoaderThreadCount = run.LoaderThreadCount,
            HostThreadCount = config.Threads,
            Formats = config.UsualFormats,
            Clock = ranks.Rank == 0 ? run.Terminal.Clock : null,
            Settings = Settings(config),
            SaveInterval = TimeSpan.FromMinutes(config.SaveMinutes),
            Machine = Environment.MachineName,
        };
    }

    /// <summary>Refuses a folder where the run would write over a file that it reads.</summary>
    static Result<Unit, PqfError> CheckInputs(RunContext run, TrainingFolder folder) =>
        from _ in run.CheckOutputs([
            folder.ConfigFile,
            folder.MetricsFile,
            folder.ResultsFile,
            .. ReportFiles.Names.Select(name => Path.Combine(folder.Path, name)),
        ])
        from __ in run.Inputs.CheckFolders(folder.States, folder.Models)
        select __;

    /// <summary>Says if a run that was stopped before its first state begins with another number of epochs. Where there is a state,
    /// fewer are refused, and more are noted.</summary>
    static void NoteOtherEpochs(RunContext run, TrainingFolder folder)
    {
        if (
            folder.FindState("", null) is Result<string?, PqfError>.Ok { Value: null }
            && ConfigLoader.Load(folder.ConfigFile, []) is Result<Config, PqfError>.Ok { Value.Epochs: var begun }
            && begun != run.Config.Epochs
        )
            run.Note($"{Plural.Of(run.Config.Epochs, "epoch")} in place of {begun}, as the run was stopped before it saved a state");
    }

    /// <summary>The error of a run to resume whose folder is not known.</summary>
    static PqfError.Config NoFolder(string resume) =>
        new PqfError.Config(
            "command line",
            "--resume",
            resume.Length == 0
                ? "expected the folder of the run, here or in --output, got none"
                : $"expected the folder of the run in --output, beside {resume}"
        );

    /// <summary>The error of a run that is resumed with another network than it began with; null where it is the same, or where the
    /// settings do not name it.</summary>
    static PqfError.Config? OtherNetwork(string given, string? begun) =>
        begun is null || RealPath.AreSame(given, begun)
            ? null
            : new("command line", "--weights", $"expected {begun}, which the run began with, or none, got {given}");

    /// <summary>Keys that shape a run and that states of earlier versions do not have: they are stored where they are not at the
    /// default.</summary>
    static ImmutableSortedDictionary<string, string> Settings(Config config)
    {
        var settings = ImmutableSortedDictionary<string, string>.Empty;
        if (config.Preprocessing.Exif != ExifOrientation.Apply)
            settings = settings.Add("preprocessing.exif", $"{config.Preprocessing.Exif}");
        if (config.Dataloader.ValidationFraction is { } fraction)
            settings = settings
                .Add("dataloader.validation_fraction", FormattableString.Invariant($"{fraction}"))
                .Add("dataloader.split_seed", FormattableString.Invariant($"{config.Dataloader.SplitSeed}"));
        var augmentation = config.Preprocessing.Augmentation;
        if (augmentation.RandomScale is { } scale)
            settings = settings.Add(
                "preprocessing.random_scale",
                FormattableString.Invariant($"{scale.LeastArea} to {scale.MostArea} of ratio {scale.LeastRatio} to {scale.MostRatio}")
            );
        if (augmentation.ColorJitter is { IsOff: false } jitter)
            settings = settings.Add(
                "preprocessing.color_jitter",
                FormattableString.Invariant(
                    $"brightness {jitter.Brightness}, contrast {jitter.Contrast}, saturation {jitter.Saturation}, hue {jitter.Hue}"
                )
            );
        return settings;
    }

    /// <summary>How gradients change parameters.</summary>
    public static Optimizer Optimizer(Config config) =>
        config.Optimizer == OptimizerType.Adam
            ? new Optimizer.Adam()
            : new Optimizer.Sgd(config.Momentum ?? DefaultMomentum, config.WeightDecay ?? 0);

    /// <summary>How the learning rate changes.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="stepCount">Steps of the whole run.</param>
    public static Schedule Schedule(LrSchedulerConfig keys, int stepCount) =>
        keys.Type switch
        {
            LrSchedulerType.Cosine => new Schedule.Cosine(stepCount, keys.MinLr),
            LrSchedulerType.MultiStep => new Schedule.MultiStep(keys.Milestones, keys.Factor),
            LrSchedulerType.Plateau => new Schedule.Plateau(Better.Higher, keys.Patience, keys.Factor, keys.MinLr),
            _ => new Schedule.Constant(),
        };

    /// <summary>Refuses what the losses of a detector do not have.</summary>
    public static Result<Unit, PqfError> CheckDetector(Config config)
    {
        var errors = ImmutableArray.CreateBuilder<PqfError>();
        if (config.LabelSmoothing != 0)
            errors.Add(Refused("label_smoothing", "0", FormattableString.Invariant($"{config.LabelSmoothing}")));
        if (config.Distillation.Teacher is { } teacher)
            errors.Add(Refused("distillation.teacher", "none", teacher));
        if (config.Dataloader.ValidationFraction is { } fraction)
            errors.Add(
                new PqfError.Config(
                    "configuration",
                    "dataloader.validation_fraction",
                    FormattableString.Invariant(
                        $"expected none: a detector's images to measure on have a file of their own, got {fraction}"
                    )
                )
            );
        if (config.Preprocessing.Augmentation.RandomScale is not null)
            errors.Add(NotOfDetectors("random_scale"));
        if (!config.Preprocessing.Augmentation.ColorJitter.IsOff)
            errors.Add(NotOfDetectors("color_jitter"));
        if (config.Model.RandomWeights)
            errors.Add(
                new PqfError.Config(
                    "configuration",
                    "model.random_weights",
                    "expected false: a detector begins with the weights of a file, got true"
                )
            );
        return errors.Count == 0 ? default(Unit) : new PqfError.Several(errors.ToImmutable());
    }

    static PqfError.Config NotOfDetectors(string key) =>
        new("configuration", $"preprocessing.{key}", "expected none: only the images of classifiers are varied in this way");

    static PqfError.Config Refused(string key, string expected, string got) =>
        new("configuration", key, $"expected {expected}, since a detector's losses do not take it, got {got}");
}
