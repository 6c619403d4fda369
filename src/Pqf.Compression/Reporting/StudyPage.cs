using System.Globalization;

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
                Steps,
                .. new ReportSection?[]
                {
                    study.Bytes,
                    LayerTable.Of(study.Layers),
                    CodebookGallery.Of(study.Codebooks),
                }.OfType<ReportSection>(),
            ],
            study.Notes
        );
    }

    static ReportSection Steps { get; } =
        new(
            "What was done",
            "The method of Martinez et al., Permute, Quantize, and Fine-tune (CVPR 2021).",
            [
                new ReportPart.Gallery(
                    "steps",
                    [StepPictures.Permuted, StepPictures.Quantised, StepPictures.Calibrated, StepPictures.FineTuned]
                ),
            ]
        );

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
            "With 95 % intervals: another set of as many images would mostly fall within them.",
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
                                $"{Figures.Count(stage.Accuracy.Correct)} of {Figures.Count(stage.Accuracy.Count)}"
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
                $"Loss of {Figures.Count(study.Steps.Length)} steps and their moving average. Only codebooks, norms and dense "
                    + $"layers move; codes stay.",
                [new ReportPart.Drawing(LossChart.Of(study))]
            );
    }

    static string RatioText(double ratio) => ratio.ToString("0.0", CultureInfo.InvariantCulture);
}
