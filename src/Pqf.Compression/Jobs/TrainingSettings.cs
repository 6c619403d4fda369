using System.Collections.Immutable;
using System.Globalization;
using Pqf.Autodiff;
using Pqf.Tensors;
using static System.FormattableString;

namespace Pqf.Compression.Jobs;

/// <summary>Settings that shape a run, as text by key of the configuration: equal settings give the same steps.</summary>
static class TrainingSettings
{
    /// <summary>Key of the number of epochs, which a run that resumes may raise.</summary>
    public const string Epochs = "epochs";

    const string BatchSize = "dataloader.batch_size",
        Images = "dataloader",
        ValidationFraction = "dataloader.validation_fraction",
        ToTrainOn = " images to train on";

    /// <summary>The settings of a run.</summary>
    public static ImmutableSortedDictionary<string, string> Of<TBatch>(TrainOptions options, TrainingKind<TBatch> kind) =>
        new Dictionary<string, string>
        {
            ["seed"] = Invariant($"{options.Seed}"),
            [Epochs] = Invariant($"{options.Epochs}"),
            ["learning_rate"] = Invariant($"{options.LearningRate}"),
            ["optimizer"] = options.Optimizer is Optimizer.Sgd sgd
                ? Invariant($"sgd of momentum {sgd.Momentum} and weight decay {sgd.WeightDecay}")
                : "adam",
            ["lr_scheduler"] = Text(options.Schedule(options.Epochs * kind.BatchCount)),
            [BatchSize] = Invariant($"{kind.BatchSize}"),
            ["dataloader.train_shuffle"] = Invariant($"{options.IsShuffled}"),
            [Images] = Invariant($"{kind.ImageCount}{ToTrainOn}"),
        }
            // States of runs from before the key existed resume as with the default.
            .Concat(options.BestMetric is { } metric && metric != kind.Measured[0] ? [new("best_metric", metric)] : [])
            .Concat(kind.Settings)
            .Concat(options.Settings)
            .ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Reports where the settings of a run are not those that it began with.</summary>
    /// <param name="begun">Of the beginning.</param>
    /// <param name="now">Of the run that resumes.</param>
    public static Result<Unit, PqfError> Differences(
        ImmutableSortedDictionary<string, string> begun,
        ImmutableSortedDictionary<string, string> now
    )
    {
        ImmutableArray<string> differing =
        [
            .. now
                .Keys.Union(begun.Keys)
                .Where(key => begun.GetValueOrDefault(key) != now.GetValueOrDefault(key))
                .Where(key => key != Epochs || !IsMore(begun.GetValueOrDefault(key), now.GetValueOrDefault(key))),
        ];
        ImmutableArray<PqfError> errors =
        [
            .. differing
                .Where(key => !FollowsFromAnother(key, differing, begun, now))
                .Select(key => new PqfError.Config(
                    "configuration",
                    key,
                    Problem(key, begun.GetValueOrDefault(key), now.GetValueOrDefault(key))
                )),
        ];
        return errors.IsEmpty ? default(Unit) : new PqfError.Several(errors);
    }

    static string Problem(string key, string? begun, string? now) =>
        begun is null ? $"this run began without it; leave it out (got {now})"
        : key == Epochs ? $"expected {begun} or more, since the run was last started with {begun}, got {now}"
        : $"expected {begun}, as the run began with, got {now ?? "none"}";

    /// <summary>Whether a value differs only because another one does: other parts of the images are other numbers of them, and no batch
    /// has more images than there are.</summary>
    static bool FollowsFromAnother(
        string key,
        ImmutableArray<string> differing,
        ImmutableSortedDictionary<string, string> begun,
        ImmutableSortedDictionary<string, string> now
    ) =>
        key switch
        {
            Images => differing.Contains(ValidationFraction),
            BatchSize => differing.Contains(Images) && (IsOneBatch(begun) || IsOneBatch(now)),
            _ => false,
        };

    static bool IsOneBatch(ImmutableSortedDictionary<string, string> settings) =>
        settings.GetValueOrDefault(Images) == settings.GetValueOrDefault(BatchSize) + ToTrainOn;

    static bool IsMore(string? begun, string? now) =>
        int.TryParse(begun, CultureInfo.InvariantCulture, out int first)
        && int.TryParse(now, CultureInfo.InvariantCulture, out int second)
        && second > first;

    static string Text(Schedule schedule) =>
        schedule switch
        {
            Schedule.Cosine cosine => Invariant($"cosine to {cosine.MinRate}"),
            Schedule.MultiStep steps => Invariant($"multistep at [{string.Join(", ", steps.Milestones)}] by {steps.Factor}"),
            Schedule.Plateau plateau => Invariant($"plateau of {plateau.Patience} by {plateau.Factor} to {plateau.MinRate}"),
            _ => "none",
        };
}
