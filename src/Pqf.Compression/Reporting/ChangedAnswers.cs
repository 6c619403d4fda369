using System.Collections.Immutable;

namespace Pqf.Compression.Reporting;

/// <summary>The section of images for which a network has another first answer than the network that it is compared with.</summary>
public static class ChangedAnswers
{
    /// <summary>How many pictures a report shows at most.</summary>
    public const int MostPictures = 12;

    /// <summary>The section; null without pictures.</summary>
    /// <param name="noun">What the images are called in the report: <c>photograph</c>.</param>
    /// <param name="about">Which images these are, in one sentence or two.</param>
    /// <param name="captions">What is below each picture, in one sentence.</param>
    /// <param name="pictures">Those that the first network is surest of.</param>
    internal static ReportSection? Section(string noun, string about, string captions, ImmutableArray<ReportFigure> pictures) =>
        pictures.IsEmpty
            ? null
            : new(
                $"{char.ToUpperInvariant(noun[0])}{noun[1..]}s that changed their answer",
                $"{about} {captions}",
                [new ReportPart.Gallery("pictures", pictures) { Headings = ("answer", $"what it was, and the {noun}") }]
            );
}
