using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Detection;
using Pqf.Compression.Jobs;
using Pqf.Nets.Coco;
using Pqf.Nets.Metrics;
using Pqf.Tensors;

namespace Pqf.Compression.Reporting;

/// <summary>The report of a measurement.</summary>
public static class EvaluationPage
{
    // Of a thousand classes: those that a person looks at.
    const int MostRows = 20;

    /// <summary>The report of a classifier.</summary>
    /// <param name="network">Which network.</param>
    /// <param name="accuracy">What was measured.</param>
    /// <param name="names">Names of the classes.</param>
    /// <param name="mistakes">Pictures of <see cref="Accuracy.Mistakes"/>.</param>
    public static Report Of(
        NetworkSummary network,
        Accuracy accuracy,
        ImmutableArray<string> names,
        ImmutableArray<ReportFigure> mistakes
    ) =>
        new(
            $"{network.Name}, {Figures.Percent(accuracy.Top1.Value)}",
            "Accuracy",
            Figures.Percent(accuracy.Top1.Value),
            " top-1",
            Lead(network, Plural.Of(accuracy.Top1.Count, "labelled image")),
            [
                ShareTable.Of(
                    "Accuracy",
                    "images right",
                    [
                        ShareTable.Row("first answer (top-1)", accuracy.Top1),
                        .. network.ClassCount > EvaluateJob.TopCount
                            ? (ReportRow[])[ShareTable.Row("among the first five (top-5)", accuracy.Top5)]
                            : [],
                    ]
                ),
                .. ReportSection.Present(
                    Confused(accuracy.Confusion, names),
                    Classes(accuracy.Confusion, names),
                    mistakes.IsEmpty
                        ? null
                        : new(
                            "Mistakes that it is surest of",
                            "Below each picture the network's answer and how sure it is, then the picture's class. Labels that are wrong "
                                + "show up here, too.",
                            [new ReportPart.Gallery("pictures", mistakes)]
                        )
                ),
            ],
            []
        );

    /// <summary>The report of a detector.</summary>
    /// <param name="network">Which network.</param>
    /// <param name="report">What was measured.</param>
    /// <param name="worst">Pictures of <see cref="ShownImages.Worst"/>.</param>
    /// <param name="best">Pictures of <see cref="ShownImages.Best"/>.</param>
    public static Report Of(
        NetworkSummary network,
        DetectorReport report,
        ImmutableArray<ReportFigure> worst,
        ImmutableArray<ReportFigure> best
    ) =>
        new(
            $"{network.Name}, {Points(report.Box.Ap)} AP",
            "Average precision",
            Points(report.Box.Ap),
            $" AP of boxes, {Points(report.Mask.Ap)} of masks",
            Lead(network, Plural.Of(report.ImageCount, "annotated image")),
            [
                Precision(report),
                .. ReportSection.Present(
                    report.Categories.IsEmpty ? null : Categories(report.Categories),
                    DetectionSection.Worst(worst),
                    DetectionSection.Best(best)
                ),
            ],
            []
        );

    static string Lead(NetworkSummary network, string images) =>
        $"{network.Name}, {Figures.ShortSize(network.SizeBits)}"
        + (
            network.SizeBits < network.DenseBits
                ? string.Create(CultureInfo.InvariantCulture, $", {network.Ratio:0.0} times smaller than its dense form")
                : ""
        )
        + $". Measured on {images}.";

    static ReportSection? Confused(Confusion confusion, ImmutableArray<string> names)
    {
        AnswerCount[] wrong = [.. confusion.Wrong.Take(MostRows)];
        if (wrong.Length == 0)
            return null;
        var images = confusion.Classes.ToDictionary(item => item.Class, item => item.Correct.Count);
        return new(
            "Confused most",
            "Pairs of a class and a wrong first answer, the most frequent first.",
            [
                new ReportPart.Table(
                    "layers words",
                    [new("images of"), new("taken for"), new("images", ReportColumnKind.Bar) { Bar = "error" }],
                    [
                        .. wrong.Select(pair => new ReportRow([
                            new(names[pair.Class]),
                            new(names[pair.Answer]),
                            new($"{Figures.Count(pair.Count)} of {Figures.Count(images[pair.Class])}", (double)pair.Count / wrong[0].Count),
                        ])),
                    ]
                ),
            ]
        );
    }

    static ReportSection? Classes(Confusion confusion, ImmutableArray<string> names)
    {
        var worst = confusion
            .Classes.Where(item => item.Correct.Correct < item.Correct.Count)
            .OrderBy(item => item.Correct.Value)
            .ThenByDescending(item => item.Correct.Count)
            .Take(MostRows)
            .ToList();
        return worst.Count == 0
            ? null
            : new(
                "Classes with the most mistakes",
                "By the share of their images that the first answer gets right, the lowest first.",
                [
                    new ReportPart.Table(
                        "layers words",
                        [new("class"), new("images right", ReportColumnKind.Number), new("share", ReportColumnKind.Bar)],
                        [
                            .. worst.Select(item => new ReportRow([
                                new(names[item.Class]),
                                new(ShareTable.Count(item.Correct)),
                                new(Figures.Percent(item.Correct.Value), item.Correct.Value),
                            ])),
                        ]
                    ),
                ]
            );
    }

    static ReportSection Precision(DetectorReport report) =>
        new(
            "Average precision and recall",
            "COCO's twelve figures, in per cent: average precision over IoU 0.50 to 0.95, at 0.50 and at 0.75, of small, medium and large "
                + "objects; average recall with 1, 10 and 100 detections an image, and by size. A dash: no such object.",
            [
                new ReportPart.Table(
                    "stages",
                    [
                        new("of"),
                        .. new[] { "AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl" }.Select(
                            (name, i) => new ReportColumn(name, ReportColumnKind.Number, IsWide: i > 2) { IsStrong = i == 0 }
                        ),
                    ],
                    [ReportRow.Of(["boxes", .. Row(report.Box)]), ReportRow.Of(["masks", .. Row(report.Mask)])]
                ),
            ]
        );

    static IEnumerable<string> Row(AveragePrecision ap) =>
        new[]
        {
            ap.Ap,
            ap.Ap50,
            ap.Ap75,
            ap.ApSmall,
            ap.ApMedium,
            ap.ApLarge,
            ap.Ar1,
            ap.Ar10,
            ap.Ar100,
            ap.ArSmall,
            ap.ArMedium,
            ap.ArLarge,
        }.Select(Points);

    static ReportSection Categories(ImmutableArray<CategoryPrecision> categories) =>
        new(
            "Category by category",
            "Average precision of each category that has objects, in per cent.",
            [
                new ReportPart.Table(
                    "layers",
                    [
                        new("category"),
                        new("objects", ReportColumnKind.Number),
                        new("box AP", ReportColumnKind.Bar),
                        new("box AP50", ReportColumnKind.Number, IsWide: true),
                        new("mask AP", ReportColumnKind.Bar),
                        new("mask AP50", ReportColumnKind.Number, IsWide: true),
                    ],
                    [
                        .. categories.Select(item => new ReportRow([
                            new(item.Category.Name),
                            new(Figures.Count(item.Box.ObjectCount)),
                            new(Points(item.Box.Ap), Math.Max(0, item.Box.Ap)),
                            new(Points(item.Box.Ap50)),
                            new(Points(item.Mask?.Ap ?? -1), Math.Max(0, item.Mask?.Ap ?? 0)),
                            new(Points(item.Mask?.Ap50 ?? -1)),
                        ])),
                    ]
                ),
            ]
        );

    /// <summary>In per cent; a dash where there is nothing to be found.</summary>
    static string Points(double value) => value < 0 ? "-" : (100 * value).ToString("0.0", CultureInfo.InvariantCulture);
}
