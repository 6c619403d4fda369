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
            ["dataloader.batch_size"] = Invariant($"{kind.BatchSize}"),
            ["dataloader.train_shuffle"] = Invariant($"{options.IsShuffled}"),
            ["dataloader"] = Invariant($"{kind.ImageCount} images to train on"),
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
        ImmutableArray<PqfError> errors =
        [
            .. now
                .Keys.Union(begun.Keys)
                .Where(key => begun.GetValueOrDefault(key) != now.GetValueOrDefault(key))
                .Where(key => key != Epochs || !IsMore(begun.GetValueOrDefault(key), now.GetValueOrDefault(key)))
                .Select(key => new PqfError.Config(
                    "configuration",
                    key,
                    $"expected {begun.GetValueOrDefault(key) ?? "none"}, as the run began with, got {now.GetValueOrDefault(key) ?? "none"}"
                )),
        ];
        return errors.IsEmpty ? default(Unit) : new PqfError.Several(errors);
    }

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
