using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Cli.Configuration;
using Pqf.Compression.Training;
using static System.FormattableString;

namespace Pqf.Cli.Models;

/// <summary>What the keys of a configuration mean to the training.</summary>
static class TrainingMapping
{
    const double DefaultMomentum = 0.9;

    const int DefaultBatchSize = 64;

    /// <summary>Images of a batch.</summary>
    /// <param name="config">The keys.</param>
    /// <param name="imageCount">Images to train on.</param>
    public static int BatchSize(Config config, int imageCount) => Math.Min(config.Dataloader.BatchSize ?? DefaultBatchSize, imageCount);

    /// <summary>How a network is trained.</summary>
    /// <param name="config">The keys.</param>
    /// <param name="batchCount">Batches of an epoch.</param>
    public static TrainingOptions Options(Config config, int batchCount) =>
        new()
        {
            Epochs = config.Epochs,
            Optimizer = Optimizer(config),
            Schedule = Schedule(config, batchCount),
            LearningRate = config.LearningRate,
        };

    /// <summary>What the run takes no notice of; null if there is nothing of the kind.</summary>
    public static string? Ignored(Config config) =>
        config is { Optimizer: OptimizerType.Adam } && (config.Momentum is not null || config.WeightDecay is not null)
            ? "optimizer adam takes no notice of momentum and weight_decay"
            : null;

    /// <summary>How gradients change parameters.</summary>
    public static Optimizer Optimizer(Config config) =>
        config.Optimizer == OptimizerType.Adam
            ? new Optimizer.Adam()
            : new Optimizer.Sgd(config.Momentum ?? DefaultMomentum, config.WeightDecay ?? 0);

    /// <summary>What a run that goes on must have in common with the one that it goes on from, by key: equal settings give the same
    /// steps.</summary>
    public static ImmutableSortedDictionary<string, string> Settings(Config config, int imageCount) =>
        new Dictionary<string, object?>
        {
            ["seed"] = config.Seed,
            ["epochs"] = config.Epochs,
            ["learning_rate"] = config.LearningRate,
            ["label_smoothing"] = config.LabelSmoothing,
            ["optimizer"] = Optimizer(config) is Optimizer.Sgd sgd
                ? Invariant($"sgd of momentum {sgd.Momentum} and weight decay {sgd.WeightDecay}")
                : "adam",
            ["lr_scheduler"] = config.LrScheduler switch
            {
                { Type: LrSchedulerType.Cosine } keys => Invariant($"cosine to {keys.MinLr}"),
                { Type: LrSchedulerType.MultiStep } keys => Invariant(
                    $"multistep at [{string.Join(", ", keys.Milestones)}] by {keys.Factor}"
                ),
                { Type: LrSchedulerType.Plateau } keys => Invariant($"plateau of {keys.Patience} by {keys.Factor} to {keys.MinLr}"),
                _ => "none",
            },
            ["distillation"] = config.Distillation.Teacher is null
                ? "none"
                : Invariant(
                    $"{Path.GetFileName(config.Distillation.Teacher)} of weight {config.Distillation.Weight} at temperature {config.Distillation.Temperature}"
                ),
            ["preprocessing"] = config.Preprocessing.Augmentation is var vary
                ? $"padding {vary.Padding}, random_crop {vary.RandomCrop}, random_flip {vary.RandomFlip}"
                : "",
            ["dataloader.batch_size"] = BatchSize(config, imageCount),
            ["dataloader.train_shuffle"] = config.Dataloader.TrainShuffle,
            ["dataloader"] = $"{imageCount} images to train on",
        }.ToImmutableSortedDictionary(pair => pair.Key, pair => Invariant($"{pair.Value}"), StringComparer.Ordinal);

    /// <summary>Where the schedule stands before the first step: at its beginning, or after the epochs that <c>lr_scheduler.last_epoch</c>
    /// counts as done.</summary>
    /// <param name="config">The keys.</param>
    /// <param name="batchCount">Batches of an epoch.</param>
    public static ScheduleState ScheduleStart(Config config, int batchCount)
    {
        var schedule = Schedule(config, batchCount);
        var state = Autodiff.Schedule.Start(config.LearningRate);
        for (int epoch = 0; epoch <= config.LrScheduler.LastEpoch; epoch++)
        {
            for (int batch = 0; batch < batchCount; batch++)
                state = schedule.AfterBatch(state);
            // How accurate those epochs were is not known: a plateau begins anew.
            state = schedule is Schedule.Plateau ? state with { EpochCount = epoch + 1 } : schedule.AfterEpoch(state, 0);
        }

        return state;
    }

    static Schedule Schedule(Config config, int batchCount) =>
        config.LrScheduler switch
        {
            { Type: LrSchedulerType.Cosine } keys => new Schedule.Cosine(config.Epochs * batchCount, keys.MinLr),
            { Type: LrSchedulerType.MultiStep } keys => new Schedule.MultiStep(keys.Milestones, keys.Factor),
            { Type: LrSchedulerType.Plateau } keys => new Schedule.Plateau(Better.Higher, keys.Patience, keys.Factor, keys.MinLr),
            _ => new Schedule.Constant(),
        };
}
