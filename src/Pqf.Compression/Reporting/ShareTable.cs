using Pqf.Nets.Metrics;

namespace Pqf.Compression.Reporting;

/// <summary>Shares of images, each with its 95 % interval.</summary>
static class ShareTable
{
    /// <summary>What the intervals mean.</summary>
    public const string About = "With 95 % intervals: another set of as many images would mostly fall within them.";

    /// <summary>The section.</summary>
    /// <param name="title">Its heading.</param>
    /// <param name="what">Heading of the rows' names.</param>
    /// <param name="rows">In order; see <see cref="Row"/>.</param>
    public static ReportSection Of(string title, string what, params IEnumerable<ReportRow> rows) =>
        new(
            title,
            About,
            [
                new ReportPart.Table(
                    "stages",
                    [
                        new(what),
                        new("share", ReportColumnKind.Number) { IsStrong = true },
                        new("95 % interval", ReportColumnKind.Number),
                        new("images", ReportColumnKind.Number, IsWide: true),
                    ],
                    [.. rows]
                ),
            ]
        );

    /// <summary>One share.</summary>
    public static ReportRow Row(string name, Proportion share) =>
        ReportRow.Of(name, Figures.Percent(share.Value), Figures.Interval(share), Count(share));

    /// <summary><c>264 of 400</c>.</summary>
    public static string Count(Proportion share) => $"{Figures.Count(share.Correct)} of {Figures.Count(share.Count)}";
}
