using System.Globalization;
using Pqf.Tensors;

namespace Pqf.Compression.Reporting;

/// <summary>The report of a study: a network measured from dense to fine-tuned.</summary>
public static class StudyPage
{
    /// <summary>The report.</summary>
    public static Report Of(CompressionReport study)
    {
        double points = 100 * (study.Dense.Accuracy.Value - study.Result.Accuracy.Value);
        return new(
            $"{study.Network}, {RatioText(study.Ratio)} times smaller",
            "Permute · Quantise · Fine-tune",
            $"{RatioText(study.Ratio)} times",
            $" smaller, {PointsText(points)}",
            $"{study.Network}: from {Figures.ShortSize(study.Dense.SizeBits)} to {Figures.ShortSize(study.Result.SizeBits)}. Accuracy is "
                + $"measured on {study.Images}.",
            [
                Stages(study),
                .. Charts(study),
                StepPictures.Section(
                    StepPictures.Permuted,
                    StepPictures.Quantised,
                    StepPictures.Calibrated(study.Layers.Any(layer => layer.OutputError is not null)),
                    StepPictures.FineTuned
                ),
                .. ReportSection.Present(study.Bytes, LayerTable.Of(study.Layers, [], []), CodebookGallery.Of(study.Codebooks)),
            ],
            study.Notes
        );
    }

    static string PointsText(double points) =>
        Math.Round(points, 1) switch
        {
            0 => "equally accurate",
            > 0 => string.Create(CultureInfo.InvariantCulture, $"{points:0.0} points less accurate"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{-points:0.0} points more accurate"),
        };

    static ReportSection Stages(CompressionReport study) =>
        new(
            "Stage by stage",
            ShareTable.About,
            [
                new ReportPart.Table(
                    "stages",
                    [
                        new("network"),
                        new("size", ReportColumnKind.Number),
                        new("ratio", ReportColumnKind.Number, IsWide: true),
                        new("accuracy", ReportColumnKind.Number) { IsStrong = true },
                        new("95 % interval", ReportColumnKind.Number),
                        new("images right", ReportColumnKind.Number, IsWide: true),
                    ],
                    [
                        .. study.Stages.Select(stage =>
                            ReportRow.Of(
                                stage.Name,
                                Figures.ShortSize(stage.SizeBits),
                                Figures.Ratio(study.RatioOf(stage)),
                                Figures.Percent(stage.Accuracy.Value),
                                Figures.Interval(stage.Accuracy),
                                ShareTable.Count(stage.Accuracy)
                            ) with
                            {
                                IsResult = stage == study.Result,
                            }
                        ),
                    ]
                ),
            ]
        );

    static IEnumerable<ReportSection> Charts(CompressionReport study)
    {
        yield return new ReportSection(
            "Accuracy against size",
            "Both axes are logarithmic: each step up divides the mistakes by the same factor.",
            [new ReportPart.Drawing(AccuracyChart.Of(study))]
        )
        {
            IsBesideNext = !study.Steps.IsEmpty,
        };
        if (!study.Steps.IsEmpty)
            yield return new(
                "Fine-tuning",
                $"Loss of {Plural.Of(study.Steps.Length, "step")} and their moving average. Only codebooks, norms and dense "
                    + $"layers move; codes stay.",
                [new ReportPart.Drawing(LossChart.Of(study))]
            );
    }

    static string RatioText(double ratio) => ratio.ToString("0.0", CultureInfo.InvariantCulture);
}
