using System.Globalization;
using System.Text.Json.Serialization;
using Pqf.Cli.Shell;
using Pqf.Compression.Jobs;
using Pqf.Compression.Reporting;
using Pqf.Compression.Training;
using Pqf.Tensors;

namespace Pqf.Cli.Results;

/// <summary>A training.</summary>
/// <param name="Folder">Where its networks, states and logs are.</param>
/// <param name="Network">The network that was trained.</param>
/// <param name="Initial">Validations before the first step.</param>
/// <param name="Epochs">All epochs of the run, those before it was resumed included.</param>
/// <param name="Best">The best epoch; null without epochs.</param>
/// <param name="Skipped">Images that cannot be decoded and were left out.</param>
/// <param name="Stages">What the stages took, with <c>--profile</c>.</param>
/// <param name="Steps">Steps that this process made, with <c>--profile</c>.</param>
sealed record TrainingResult(
    string Folder,
    NetworkSummary Network,
    IReadOnlyList<InitialResult> Initial,
    IReadOnlyList<EpochResult> Epochs,
    BestResult? Best,
    int Skipped,
    IReadOnlyList<StageTime>? Stages,
    int? Steps
) : CommandResult
{
    /// <summary>The network before the first epoch, where it is better than that of the best epoch; null where it is not, or where it was
    /// not measured.</summary>
    public BetterStartResult? BetterStart { get; init; }

    /// <summary>The page with all figures; null where it could not be written.</summary>
    public string? Report { get; init; }

    /// <summary>Describes a training that has ended.</summary>
    public static TrainingResult Of(string folder, TrainResult result) =>
        new(
            folder,
            result.Network,
            [.. result.Progress.Initial.Select(record => new InitialResult(record))],
            [.. result.Progress.Epochs.Select(epoch => new EpochResult(epoch))],
            result.Progress.Best is { } best ? new BestResult(best, result.BestPath) : null,
            result.SkippedCount,
            null,
            null
        )
        {
            BetterStart = result.BetterStart is var (record, path) ? new BetterStartResult(record, path) : null,
        };

    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            .. ReportFiles.Lines(Report),
            .. Skipped > 0 ? (string[])[$"skipped   {Plural.Of(Skipped, "image")} that cannot be decoded"] : [],
            .. Best is null ? [] : Best.Lines(), // validations and epochs were shown when they came
            .. BetterStart is null ? [] : BetterStart.Lines(),
            .. Stages is null || Steps is not { } steps ? [] : StageWatch.Table([.. Stages], steps, "a step").Lines(),
        ];
}

/// <summary>A validation before the first step.</summary>
sealed record InitialResult([property: JsonIgnore] InitialRecord Record) : IShown
{
    /// <summary>Of what: <c>quantised</c>, <c>calibrated</c>, <c>start</c>.</summary>
    public string Name => Record.Name;

    /// <summary>What it gave, by name; shares are from 0 to 1, null is not a number.</summary>
    public IReadOnlyDictionary<string, double?> Validation => MetricValues.Of(Record.Validation);

    /// <inheritdoc/>
    public IEnumerable<string> Lines() => [$"{Name, -9}  validation {MetricsText.Counted(Record.Validation)}"];
}

/// <summary>An epoch.</summary>
sealed record EpochResult([property: JsonIgnore] EpochRecord Record) : IShown
{
    /// <summary>Counted from 1.</summary>
    public int Number => Record.Number;

    /// <summary>Over its batches, each before its step, by name.</summary>
    public IReadOnlyDictionary<string, double?> Training => MetricValues.Of(Record.Training);

    /// <summary>After the epoch, by name; shares are from 0 to 1, null is not a number.</summary>
    public IReadOnlyDictionary<string, double?> Validation => MetricValues.Of(Record.Validation);

    /// <summary>Of the epoch's last step.</summary>
    public double LearningRate => Record.LearningRate;

    /// <inheritdoc/>
    public IEnumerable<string> Lines() =>
        [
            string.Create(
                CultureInfo.InvariantCulture,
                $"epoch {Number, 3}  train {MetricsText.Of(Record.Training)}; validation {MetricsText.Counted(Record.Validation)}; "
                    + $"learning rate {LearningRate:g3}"
            ),
        ];
}

/// <summary>The best epoch.</summary>
/// <param name="Record">The epoch.</param>
/// <param name="File">Its network.</param>
sealed record BestResult([property: JsonIgnore] EpochRecord Record, string File) : IShown
{
    /// <summary>Counted from 1.</summary>
    public int Epoch => Record.Number;

    /// <summary>After the epoch, by name; shares are from 0 to 1, null is not a number.</summary>
    public IReadOnlyDictionary<string, double?> Validation => MetricValues.Of(Record.Validation);

    /// <inheritdoc/>
    public IEnumerable<string> Lines() => [$"best      epoch {Epoch}, {MetricsText.Counted(Record.Validation)}; {File}"];
}

/// <summary>The network before the first epoch, where it is better than that of every epoch.</summary>
/// <param name="Record">Its validation.</param>
/// <param name="File">Its file.</param>
sealed record BetterStartResult([property: JsonIgnore] InitialRecord Record, string File) : IShown
{
    /// <summary>Of what: <c>calibrated</c> or <c>start</c>.</summary>
    public string Name => Record.Name;

    /// <summary>Before the first epoch, by name; shares are from 0 to 1, null is not a number.</summary>
    public IReadOnlyDictionary<string, double?> Validation => MetricValues.Of(Record.Validation);

    /// <inheritdoc/>
    public IEnumerable<string> Lines() => [$"better    {Name}, before the first epoch, {MetricsText.Counted(Record.Validation)}; {File}"];
}

/// <summary>Measurements for programs.</summary>
static class MetricValues
{
    /// <summary>Values by name, in their order.</summary>
    public static IReadOnlyDictionary<string, double?> Of(Metrics metrics) =>
        metrics.Means.ToDictionary(
            mean => mean.Name,
            // An average precision of −1 says that there is nothing to be found.
            mean => mean.Name.StartsWith(Metrics.Loss, StringComparison.Ordinal) || mean.Value >= 0 ? Finite.OrNull(mean.Value) : null
        );
}
