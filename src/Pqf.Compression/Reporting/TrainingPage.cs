using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Training;

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
        var best = progress.Best;
        bool isCompressed = network.SizeBits < network.DenseBits;
        string figure = best is null ? network.Name : Text(metric, best.Validation[metric]),
            heading = best is null ? ", no epoch finished" : $" {metric} after epoch {best.Number} of {progress.Epochs.Length}";
        string times = isCompressed ? string.Create(CultureInfo.InvariantCulture, $", {network.Ratio:0.0} times smaller than dense") : "";
        return new(
            $"{network.Name}, trained",
            isCompressed ? "Fine-tuning of a compressed network" : "Training",
            figure,
            heading,
            $"{network.Name}, {Figures.ShortSize(network.SizeBits)}{times}. The best network is in {Path.GetFileName(bestPath)}.",
            [.. Charts(progress, metric), Epochs(progress, metric)],
            notes
        );
    }

    static string Text(string name, double value) => double.IsFinite(value) ? MetricsText.ValueOf(new(name, value)) : "not finite";

    static IEnumerable<ReportSection> Charts(TrainingProgress progress, string metric)
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
                        progress.Best?.Number,
                        value => Text(metric, value)
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
                            value => value.ToString("0.###", CultureInfo.InvariantCulture)
                        )
                    ),
                ]
            );
    }

    static ReportSection Epochs(TrainingProgress progress, string metric)
    {
        string[] names =
        [
            .. progress
                .Epochs.SelectMany(epoch => epoch.Validation.Means)
                .Select(mean => mean.Name)
                .Distinct()
                .OrderBy(name => name != metric),
        ];
        return new(
            "Epoch by epoch",
            "Validation after each epoch; the best one is coloured. Its network is the one that is kept as the best.",
            [
                new ReportPart.Table(
                    "epochs",
                    [
                        new("epoch"),
                        .. names.Select((name, i) => new ReportColumn(name, ReportColumnKind.Number, IsWide: i > 1) { IsStrong = i == 0 }),
                        new("training loss", ReportColumnKind.Number, IsWide: true),
                        new("learning rate", ReportColumnKind.Number, IsWide: true),
                    ],
                    [
                        .. progress.Initial.Select(record => ReportRow.Of([record.Name, .. Values(record.Validation, names), "", ""])),
                        .. progress.Epochs.Select(epoch =>
                            ReportRow.Of([
                                epoch.Number.ToString(CultureInfo.InvariantCulture),
                                .. Values(epoch.Validation, names),
                                Find(epoch.Training, Metrics.Loss) is { } loss ? Text(Metrics.Loss, loss) : "",
                                epoch.LearningRate.ToString("0.0e+0", CultureInfo.InvariantCulture),
                            ]) with
                            {
                                IsResult = epoch == progress.Best,
                            }
                        ),
                    ]
                ),
            ]
        );
    }

    static IEnumerable<string> Values(Metrics metrics, string[] names) =>
        names.Select(name => Find(metrics, name) is { } value ? Text(name, value) : "");

    static double? Find(Metrics metrics, string name) => metrics.Means.Any(mean => mean.Name == name) ? metrics[name] : null;
}
