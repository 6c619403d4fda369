using System.Collections.Immutable;
using System.Globalization;
using CsvHelper;
using Pqf.Autodiff;
using Pqf.Compression;
using Pqf.Compression.Reporting;
using Pqf.Compression.Training;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Models;

/// <summary>A row of <c>layers.csv</c>: how one layer was quantised, and how long it took.</summary>
sealed record LayerRow(LayerReport Report, double Seconds);

/// <summary>A row of <c>groups.csv</c>: how the channel order of one group was found, and how long it took.</summary>
sealed record GroupRow(PermutationReport Report, double Seconds);

/// <summary>Writes what a compression did, for spreadsheets.</summary>
static class Reports
{
    /// <summary>Columns of <c>layers.csv</c>.</summary>
    public static ImmutableArray<string> LayerColumns { get; } =
    ["layer", "shape", "d", "k", "blocks", "mse", "relative_error", "code_entropy_bits", "size_bits", "seconds"];

    /// <summary>Columns of <c>groups.csv</c>.</summary>
    public static ImmutableArray<string> GroupColumns { get; } =
    ["parents", "children", "optimised", "log_det_before", "log_det_greedy", "log_det_after", "proposals", "accepted", "seconds"];

    /// <summary>Writes <c>layers.csv</c>.</summary>
    public static Result<Unit, PqfError> WriteLayers(string path, IEnumerable<LayerRow> rows) =>
        Write(
            path,
            LayerColumns,
            rows.Select(row =>
                new[]
                {
                    row.Report.Blocks.Layer,
                    string.Join('x', row.Report.Blocks.Weight.AsSpan().ToArray()),
                    Text(row.Report.Blocks.D),
                    Text(row.Report.Blocks.K),
                    Text(row.Report.Blocks.N),
                    Text(row.Report.MeanSquaredError),
                    Text(row.Report.RelativeError),
                    Text(row.Report.CodeEntropyBits),
                    Text(row.Report.SizeBits),
                    Seconds(row.Seconds),
                }
            )
        );

    /// <summary>Writes <c>groups.csv</c>; names within one field are separated by spaces, objectives are natural logarithms of
    /// determinants.</summary>
    public static Result<Unit, PqfError> WriteGroups(string path, IEnumerable<GroupRow> rows) =>
        Write(
            path,
            GroupColumns,
            rows.Select(row =>
                new[]
                {
                    string.Join(' ', row.Report.Group.Parents),
                    string.Join(' ', row.Report.Group.Children.Select(child => child.Layer)),
                    row.Report.Layer,
                    Text(row.Report.Before),
                    row.Report.Greedy is { } greedy ? Text(greedy) : "",
                    Text(row.Report.After),
                    Text(row.Report.Proposals),
                    Text(row.Report.Accepted),
                    Seconds(row.Seconds),
                }
            )
        );

    /// <summary>Writes <c>metrics.csv</c>: a row for each epoch, with the learning rate of its last step.</summary>
    public static Result<Unit, PqfError> WriteEpochs(string path, TrainingProgress progress)
    {
        var first = progress.Epochs.FirstOrDefault();
        string[] header = ["epoch", .. Names("train", first?.Training), .. Names("validation", first?.Validation), "learning_rate"];
        return Write(
            path,
            header,
            progress.Epochs.Select(epoch =>
                new[] { Text(epoch.Number) }
                    .Concat(Values(epoch.Training))
                    .Concat(Values(epoch.Validation))
                    .Append(Text(epoch.LearningRate))
                    .ToArray()
            )
        );
    }

    static IEnumerable<string> Names(string part, Metrics? metrics) => metrics?.Means.Select(mean => $"{part}_{mean.Name}") ?? [];

    static IEnumerable<string> Values(Metrics metrics) => metrics.Means.Select(mean => Text(mean.Value));

    /// <summary>Writes <c>stages.csv</c>: a row for each state of the network that was measured; accuracies are 0 … 1.</summary>
    public static Result<Unit, PqfError> WriteStages(string path, CompressionReport report) =>
        Write(
            path,
            ["network", "size_bits", "ratio", "right", "images", "accuracy", "low_95", "high_95"],
            report.Stages.Select(stage =>
                new[]
                {
                    stage.Name,
                    Text(stage.SizeBits),
                    Text(report.RatioOf(stage)),
                    Text(stage.Accuracy.Correct),
                    Text(stage.Accuracy.Count),
                    Text(stage.Accuracy.Value),
                    Text(stage.Accuracy.Interval95.Low),
                    Text(stage.Accuracy.Interval95.High),
                }
            )
        );

    /// <summary>Writes <c>steps.csv</c>: a row for each step of training, measured before the step.</summary>
    public static Result<Unit, PqfError> WriteSteps(string path, IEnumerable<StepRecord> steps) =>
        Write(
            path,
            ["step", "loss", "accuracy", "learning_rate"],
            steps.Select(step => new[] { Text(step.Number), Text(step.Loss), Text(step.Accuracy), Text(step.LearningRate) })
        );

    static Result<Unit, PqfError> Write(string path, IEnumerable<string> header, IEnumerable<string[]> rows) =>
        AtomicFile.WriteText(
            path,
            text =>
            {
                using var csv = CsvWriter.Create(text, CsvWriterOptions.Default, true);
                foreach (string[] row in rows.Prepend([.. header]))
                    csv.WriteRecord(row);
            }
        );

    static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    static string Text(double value) => value.ToString("G9", CultureInfo.InvariantCulture);

    static string Seconds(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
}
