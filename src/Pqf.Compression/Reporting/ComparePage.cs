using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Jobs;
using Pqf.Nets.Metrics;

namespace Pqf.Compression.Reporting;

/// <summary>The report of a comparison.</summary>
public static class ComparePage
{
    /// <summary>The report.</summary>
    /// <param name="first">The first network.</param>
    /// <param name="second">The second network.</param>
    /// <param name="comparison">What was measured.</param>
    /// <param name="changed">Pictures of the surest of <see cref="Comparison.Changed"/>.</param>
    public static Report Of(NetworkSummary first, NetworkSummary second, Comparison comparison, ImmutableArray<ReportFigure> changed) =>
        new(
            $"{first.Name} and {second.Name}, {Figures.Percent(comparison.Agreement.Value)} the same",
            "Two networks side by side",
            Figures.Percent(comparison.Agreement.Value),
            " of the answers are the same",
            $"{first.Name} ({Figures.ShortSize(first.SizeBits)}) and {second.Name} ({Figures.ShortSize(second.SizeBits)}) on "
                + $"{Figures.Count(comparison.Agreement.Count)} images"
                + (comparison.First is null ? ", without labels." : " with labels."),
            [
                Shares(first, second, comparison),
                .. changed.IsEmpty
                    ? []
                    : (ReportSection[])
                        [
                            new(
                                "Images that changed their answer",
                                "Those of which the first network is surest. Below each picture the second network's answer, then the "
                                    + "first network's, with how sure each is"
                                    + (comparison.First is null ? "." : ", then the picture's class."),
                                [new ReportPart.Gallery("pictures", changed)]
                            ),
                        ],
            ],
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The second network's probabilities diverge from the first's by {comparison.Divergence:0.0000} nats on average."
                ),
            ]
        );

    static ReportSection Shares(NetworkSummary first, NetworkSummary second, Comparison comparison) =>
        new(
            "Side by side",
            "With 95 % intervals: another set of as many images would mostly fall within them.",
            [
                new ReportPart.Table(
                    "stages",
                    [
                        new(""),
                        new("share", ReportColumnKind.Number) { IsStrong = true },
                        new("95 % interval", ReportColumnKind.Number),
                        new("images", ReportColumnKind.Number, IsWide: true),
                    ],
                    [
                        Row("same first answer", comparison.Agreement) with
                        {
                            IsResult = true,
                        },
                        .. comparison.First is { } right ? (ReportRow[])[Row($"{first.Name} (first) is right", right)] : [],
                        .. comparison.Second is { } also ? (ReportRow[])[Row($"{second.Name} (second) is right", also)] : [],
                    ]
                ),
            ]
        );

    static ReportRow Row(string name, Proportion share) =>
        ReportRow.Of(
            name,
            Figures.Percent(share.Value),
            Figures.Interval(share),
            $"{Figures.Count(share.Correct)} of {Figures.Count(share.Count)}"
        );
}
