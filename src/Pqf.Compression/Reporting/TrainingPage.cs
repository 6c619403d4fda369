using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Jobs;
using Pqf.Compression.Training;
using Pqf.Nets.Metrics;
using Pqf.Tensors;

namespace Pqf.Compression.Reporting;

/// <summary>The report of a training.</summary>
public static class TrainingPage
{
    /// <summary>The report.</summary>
    /// <param name="network">The network.</param>
    /// <param name="progress">All epochs of the run.</param>
    /// <param name="metric">Name of the metric that decides which epoch is the best.</param>
    /// <param name="bestPath">File of the best network.</param>
    /// <param name="notes">Sentences on how it was made.</param>
    public static Report Of(NetworkSummary network, TrainingProgress progress, string metric, string bestPath, ImmutableArray<string> notes)
    {
        var better = BetterStart.Of(progress, metric, bestPath);
        bool isCompressed = network.SizeBits < network.DenseBits;
        var (figure, heading) = Heading(network, progress, metric, better);
        string times = isCompressed ? string.Create(CultureInfo.InvariantCulture, $", {network.Ratio:0.0} times smaller than dense") : "";
        return new(
            $"{network.Name}, trained",
            isCompressed ? "Fine-tuning of a compressed network" : "Training",
            figure,
            heading,
            $"{network.Name}, {Figures.ShortSize(network.SizeBits)}{times}. {Counted(progress, metric, better)}"
                + Files(progress, bestPath, better),
            [.. Charts(progress, metric, better), Epochs(progress, metric, better)],
            [.. Warnings(network, progress, better), .. notes]
        );
    }

    /// <summary>What is no better than guessing, a sentence each.</summary>
    static IEnumerable<string> Warnings(NetworkSummary network, TrainingProgress progress, BetterStart? better)
    {
        if (network.ClassCount is not { } classes)
            yield break;
        bool Guesses(Metrics? validation) => validation is { } known && LoweredScores.IsNearChance(known, classes);
        if (Guesses(progress.Initial.FirstOrDefault(record => record.Name == InitialRecord.Dense)?.Validation))
            yield return "The dense network is no better than guessing on these images: it is not trained, or its classes or its "
                + "preprocessing do not fit them. Compressing it cannot make it better.";
        else if (Guesses(better?.Record.Validation ?? progress.Best?.Validation))
            yield return "The best network is no better than guessing on these images.";
    }

    static (string Figure, string Heading) Heading(NetworkSummary network, TrainingProgress progress, string metric, BetterStart? better)
    {
        if (progress.Best is not { } best)
            return (network.Name, ", no epoch finished");
        string trained = Text(metric, best.Validation[metric]),
            after = $"after epoch {best.Number} of {progress.Epochs.Length}";
        return better is null
            ? (trained, $" {metric} {after}")
            : (Text(metric, better.Record.Validation[metric]), $" {metric} before training, {trained} {after}");
    }

    static string Files(TrainingProgress progress, string bestPath, BetterStart? better) =>
        better is null
            ? $"The best network is in {Path.GetFileName(bestPath)}."
            : $"Training made it worse: the best network is the one before the first epoch, in {Path.GetFileName(better.Path)}. "
                + $"{Path.GetFileName(bestPath)} holds that of epoch {progress.Best?.Number}.";

    /// <summary>The images of the heading's accuracy; empty where it is no count of images.</summary>
    static string Counted(TrainingProgress progress, string metric, BetterStart? better) =>
        (better?.Record.Validation ?? progress.Best?.Validation) is { } validation && Share(validation, metric) is { } share
            ? $"{ShareTable.Count(share)} validation {Plural.Word(share.Count, "image")} right (95 % interval {Figures.Interval(share)}). "
            : "";

    /// <summary>An accuracy as a count of images; null for metrics of other kinds.</summary>
    static Proportion? Share(Metrics metrics, string name) =>
        name == Classification.Accuracy && metrics.Count > 0 && Find(metrics, name) is { } value && double.IsFinite(value)
            ? new Proportion((int)Math.Round(value * metrics.Count), metrics.Count)
            : null;

    static string Text(string name, double value) => double.IsFinite(value) ? MetricsText.ValueOf(new(name, value)) : "not finite";

    static IEnumerable<ReportSection> Charts(TrainingProgress progress, string metric, BetterStart? better)
    {
        if (progress.Epochs.Length < 2)
            yield break;
        var (before, epochs) = (progress.Initial, progress.Epochs);
        bool hasLoss = epochs.All(epoch => epoch.Training.Means.Any(mean => mean.Name == Metrics.Loss));
        yield return new ReportSection(
            $"Validation {metric}",
            before.IsEmpty ? "After each epoch." : "After each epoch; epoch 0 is the network before the first step.",
            [
                new ReportPart.Drawing(
                    EpochChart.Of(
                        $"Validation {metric} of each epoch",
                        [
                            .. before.IsEmpty ? [] : (EpochPoint[])[new(0, before[^1].Validation[metric])],
                            .. epochs.Select(epoch => new EpochPoint(epoch.Number, epoch.Validation[metric])),
                        ],
                        better is null ? progress.Best?.Number : 0,
                        value => Text(metric, value),
                        metric.StartsWith(Metrics.Loss, StringComparison.Ordinal) ? double.PositiveInfinity : 1
                    )
                ),
            ]
        )
        {
            IsBesideNext = hasLoss,
        };
        if (hasLoss)
            yield return new(
                "Training loss",
                "Mean over each epoch's batches, each before its step.",
                [
                    new ReportPart.Drawing(
                        EpochChart.Of(
                            "Training loss of each epoch",
                            [.. epochs.Select(epoch => new EpochPoint(epoch.Number, epoch.Training[Metrics.Loss]))],
                            null,
                            value => Figures.Rounded(value, "0.###"),
                            double.PositiveInfinity
                        )
                    ),
                ]
            );
    }

    static ReportSection Epochs(TrainingProgress progress, string metric, BetterStart? better)
    {
        string[] names =
        [
            .. progress
                .Epochs.SelectMany(epoch => epoch.Validation.Means)
                .Select(mean => mean.Name)
                .Distinct()
                .OrderBy(name => name != metric),
        ];
        bool isCounted = names.Contains(Classification.Accuracy);
        return new(
            "Epoch by epoch",
            (
                better is null
                    ? "Validation after each epoch; the row of the best one stands out. Its network is kept as the best."
                    : "Validation after each epoch. No epoch is as good as the network before the first, whose row stands out."
            )
                + (isCounted ? $" {ShareTable.About}" : "")
                + string.Concat(progress.Initial.Select(record => Explained(record.Name)).Where(text => text is not null)),
            [
                new ReportPart.Table(
                    "epochs",
                    [
                        new("epoch"),
                        .. names.SelectMany((name, i) => Columns(name, i)),
                        new("training loss", ReportColumnKind.Number, IsWide: true),
                        new("learning rate", ReportColumnKind.Number, IsWide: true),
                    ],
                    [
                        .. progress.Initial.Select(record =>
                            ReportRow.Of([record.Name, .. Values(record.Validation, names), "", ""]) with
                            {
                                IsResult = record == better?.Record,
                            }
                        ),
                        .. progress.Epochs.Select(epoch => Row(epoch, names) with { IsResult = better is null && epoch == progress.Best }),
                    ]
                ),
            ]
        );
    }

    /// <summary>What a row before the epochs is; null for a name that this version does not know.</summary>
    static string? Explained(string name) =>
        name switch
        {
            InitialRecord.Dense => " dense: the network before it is compressed.",
            InitialRecord.Quantised => " quantised: right after its weights became codes.",
            InitialRecord.Calibrated => " calibrated: after its layers were fitted to the dense network's outputs, where training begins.",
            InitialRecord.Start => " start: where training begins.",
            _ => null,
        };

    static ReportRow Row(EpochRecord epoch, string[] names) =>
        ReportRow.Of([
            epoch.Number.ToString(CultureInfo.InvariantCulture),
            .. Values(epoch.Validation, names),
            Find(epoch.Training, Metrics.Loss) is { } loss ? Text(Metrics.Loss, loss) : "",
            epoch.LearningRate.ToString("0.0e+0", CultureInfo.InvariantCulture),
        ]);

    /// <summary>The columns of a metric: an accuracy has two more, its interval and its count of images.</summary>
    static IEnumerable<ReportColumn> Columns(string name, int place) =>
        [
            new(name, ReportColumnKind.Number, IsWide: place > 1) { IsStrong = place == 0 },
            .. name == Classification.Accuracy
                ? (ReportColumn[])
                    [
                        new("95 % interval", ReportColumnKind.Number, IsWide: true),
                        new("images right", ReportColumnKind.Number, IsWide: true),
                    ]
                : [],
        ];

    static IEnumerable<string> Values(Metrics metrics, string[] names) => names.SelectMany(name => Cells(metrics, name));

    static IEnumerable<string> Cells(Metrics metrics, string name)
    {
        yield return Find(metrics, name) is { } value ? Text(name, value) : "";
        if (name != Classification.Accuracy)
            yield break;
        var share = Share(metrics, name);
        yield return share is { } known ? Figures.Interval(known) : "";
        yield return share is { } counted ? ShareTable.Count(counted) : "";
    }

    static double? Find(Metrics metrics, string name) => metrics.Means.Any(mean => mean.Name == name) ? metrics[name] : null;
}
