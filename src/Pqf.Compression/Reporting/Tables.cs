using System.Collections.Immutable;
using System.Globalization;
using CsvHelper;
using Pqf.Compression.Detection;
using Pqf.Compression.Steps;
using Pqf.Compression.Training;
using Pqf.Nets.Metrics;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Reporting;

/// <summary>Writes what a compression did, for spreadsheets.</summary>
public static class Tables
{
    /// <summary>Columns of <c>layers.csv</c>.</summary>
    public static ImmutableArray<string> LayerColumns { get; } =
    [
        "layer",
        "shape",
        "d",
        "k",
        "blocks",
        "mse",
        "relative_error",
        "output_error",
        "effect",
        "code_entropy_bits",
        "size_bits",
        "kind",
        "seconds",
    ];

    /// <summary>Columns of <c>groups.csv</c>.</summary>
    public static ImmutableArray<string> GroupColumns { get; } =
    ["parents", "children", "optimised", "log_det_before", "log_det_greedy", "log_det_after", "proposals", "accepted", "seconds"];

    /// <summary>Writes <c>layers.csv</c>: layers with codes, then the weights that have another form than single precision.</summary>
    public static Result<Unit, PqfError> WriteLayers(string path, IEnumerable<LayerReport> rows, IEnumerable<StoredLayer> stored) =>
        Write(
            path,
            LayerColumns,
            rows.Select(row =>
                    new[]
                    {
                        row.Blocks.Layer,
                        string.Join('x', row.Blocks.Weight.AsSpan().ToArray()),
                        Text(row.Blocks.D),
                        Text(row.Blocks.K),
                        Text(row.Blocks.N),
                        Text(row.MeanSquaredError),
                        Text(row.RelativeError),
                        row.OutputError is { } output ? Text(output) : "",
                        row.Effect is { } effect ? Text(effect) : "",
                        Text(row.CodeEntropyBits),
                        Text(row.SizeBits),
                        "codes",
                        Seconds(row.Seconds),
                    }
                )
                .Concat(stored.Where(row => row.Form != ValueForm.Single).Select(Row))
        );

    static string[] Row(StoredLayer row) =>
        [
            row.Layer,
            string.Join('x', row.Weight.AsSpan().ToArray()),
            "",
            "",
            "",
            "",
            Text(row.RelativeError),
            "",
            "",
            "",
            Text(row.SizeBits),
            row.Form.Word(),
            "",
        ];

    /// <summary>Writes <c>groups.csv</c>; names within one field are separated by spaces, objectives are natural logarithms of
    /// determinants.</summary>
    public static Result<Unit, PqfError> WriteGroups(string path, IEnumerable<PermutationReport> rows) =>
        Write(
            path,
            GroupColumns,
            rows.Select(row =>
                new[]
                {
                    string.Join(' ', row.Group.Parents),
                    string.Join(' ', row.Group.Children.Select(child => child.Layer).Distinct()),
                    row.Layer,
                    Text(row.Before),
                    row.Greedy is { } greedy ? Text(greedy) : "",
                    Text(row.After),
                    Text(row.Proposals),
                    Text(row.Accepted),
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

    /// <summary>Writes <c>confusion.csv</c>: a row for each true class that has images, a column for each class that is predicted; the
    /// fields count images. The header says which is which.</summary>
    /// <param name="path">The file.</param>
    /// <param name="confusion">What was answered.</param>
    /// <param name="names">One for each class.</param>
    public static Result<Unit, PqfError> WriteConfusion(string path, Confusion confusion, ImmutableArray<string> names)
    {
        int[] answers = [.. confusion.Answers.SelectMany(item => new[] { item.Class, item.Answer }).Distinct().Order()];
        var counts = confusion.Answers.ToDictionary(item => (item.Class, item.Answer), item => item.Count);
        return Write(
            path,
            ["class", @"true\predicted", .. answers.Select(answer => names[answer])],
            confusion.Classes.Select(item =>
                (string[])
                    [Text(item.Class), names[item.Class], .. answers.Select(answer => Text(counts.GetValueOrDefault((item.Class, answer))))]
            )
        );
    }

    /// <summary>Writes <c>categories.csv</c>: a row for each category with objects; precisions are 0 … 1.</summary>
    public static Result<Unit, PqfError> WriteCategories(string path, IEnumerable<CategoryPrecision> categories) =>
        Write(
            path,
            ["id", "name", "objects", "box_ap", "box_ap50", "box_ap75", "mask_ap", "mask_ap50", "mask_ap75"],
            categories.Select(item =>
                (string[])
                    [
                        Text(item.Category.Id),
                        item.Category.Name,
                        Text(item.Box.ObjectCount),
                        Text(item.Box.Ap),
                        Text(item.Box.Ap50),
                        Text(item.Box.Ap75),
                        .. item.Mask is { } mask ? (string[])[Text(mask.Ap), Text(mask.Ap50), Text(mask.Ap75)] : ["", "", ""],
                    ]
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
                using var csv = CsvWriter.Create(text, CsvWriterOptions.Default with { NewLine = "\n" }, true);
                foreach (string[] row in rows.Prepend([.. header]))
                    csv.WriteRecord(row.Select(Field).ToArray());
            }
        );

    /// <summary>A field as no spreadsheet runs it: control characters are escaped, and an apostrophe stands before a name that would be a
    /// formula.</summary>
    /// <remarks>The characters are those of OWASP's page on CSV injection, the wide ones too. The writer's own option would also put an
    /// apostrophe before negative numbers, which are text to it.</remarks>
    static string Field(string value)
    {
        string text = Printable.Whole(value);
        bool isFormula = text is ['=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠', ..];
        return isFormula && !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? $"'{text}" : text;
    }

    static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    static string Text(double value) => value.ToString("G9", CultureInfo.InvariantCulture);

    static string Seconds(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
}
