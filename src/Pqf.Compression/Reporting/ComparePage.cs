using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Jobs;
using Pqf.Tensors;

namespace Pqf.Compression.Reporting;

/// <summary>The report of a comparison.</summary>
public static class ComparePage
{
    /// <summary>The report.</summary>
    /// <param name="first">The first network.</param>
    /// <param name="second">The second network.</param>
    /// <param name="comparison">What was measured.</param>
    /// <param name="changed">Pictures of the surest of <see cref="Comparison.Changed"/>.</param>
    /// <param name="notes">What was noted while it was measured.</param>
    public static Report Of(
        NetworkSummary first,
        NetworkSummary second,
        Comparison comparison,
        ImmutableArray<ReportFigure> changed,
        ImmutableArray<string> notes
    ) =>
        new(
            $"{first.Name} and {second.Name}, {Figures.Percent(comparison.Agreement.Value)} the same",
            "Two networks side by side",
            Figures.Percent(comparison.Agreement.Value),
            " of the answers are the same",
            $"{first.Name} ({Figures.ShortSize(first.SizeBits)}) and {second.Name} ({Figures.ShortSize(second.SizeBits)}) on "
                + $"{Plural.Of(comparison.Agreement.Count, "image")}"
                + (comparison.First is null ? ", without labels." : " with labels."),
            [
                ShareTable.Of(
                    "Side by side",
                    "",
                    [
                        ShareTable.Row("same first answer", comparison.Agreement) with
                        {
                            IsResult = true,
                        },
                        .. comparison.First is { } right ? (ReportRow[])[ShareTable.Row($"{first.Name} (first) is right", right)] : [],
                        .. comparison.Second is { } also ? (ReportRow[])[ShareTable.Row($"{second.Name} (second) is right", also)] : [],
                    ]
                ),
                .. ReportSection.Present(
                    ChangedAnswers.Section(
                        "image",
                        "Those of which the first network is surest.",
                        "Below each picture the second network's answer, then the first network's, with how sure each is"
                            + (comparison.First is null ? "." : ", then the picture's class."),
                        changed
                    )
                ),
            ],
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The second network's probabilities diverge from the first's by {comparison.Divergence:0.0000} nats on average."
                ),
                .. notes,
            ]
        );
}
