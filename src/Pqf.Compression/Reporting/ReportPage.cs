using System.Collections.Immutable;
using System.Xml.Linq;
using static Pqf.Compression.Reporting.Markup;

namespace Pqf.Compression.Reporting;

/// <summary>A report as one HTML page that needs no other file: drawings are SVG, pictures are in the text, no script.</summary>
public static class ReportPage
{
    const string StyleName = "Pqf.Compression.Reporting.report.css";

    /// <summary>The page.</summary>
    /// <remarks>It is XML too: what is checked once in tests need not be trusted to a browser's leniency.</remarks>
    public static string Of(Report report)
    {
        var page = new XElement(
            "html",
            With(("lang", "en")),
            Tag(
                "head",
                Tag("meta", With(("charset", "utf-8"))),
                Tag("meta", With(("name", "viewport"), ("content", "width=device-width, initial-scale=1"))),
                Tag("meta", With(("name", "color-scheme"), ("content", "light dark"))),
                Tag("title", report.Title),
                Tag("style", Style())
            ),
            Tag("body", Tag("main", Head(report), Sections(report.Sections), Notes(report.Notes)))
        );
        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    static string Style()
    {
        using var reader = new StreamReader(typeof(ReportPage).Assembly.GetManifestResourceStream(StyleName)!);
        return reader.ReadToEnd();
    }

    static XElement Head(Report report) =>
        Tag("header", Tag("p.kicker", report.Kicker), Tag("h1", Tag("em", report.Figure), report.Heading), Tag("p.lead", report.Lead));

    static IEnumerable<XElement> Sections(ImmutableArray<ReportSection> sections)
    {
        for (int i = 0; i < sections.Length; i++)
            yield return sections[i].IsBesideNext && i + 1 < sections.Length
                ? Tag("div.pair", Section(sections[i]), Section(sections[++i]))
                : Section(sections[i]);
    }

    static XElement Section(ReportSection section) =>
        Tag("section", Tag("h2", section.Title), Tag("p.about", section.About), section.Parts.Select(Part));

    static XElement Part(ReportPart part) =>
        part switch
        {
            ReportPart.Table table => Tag("div.scroll", Table(table)),
            ReportPart.Gallery { Folded: { } words } gallery => Tag("details", Tag("summary", words), Gallery(gallery)),
            ReportPart.Gallery gallery => Gallery(gallery),
            _ => ((ReportPart.Drawing)part).Svg,
        };

    static XElement Gallery(ReportPart.Gallery gallery) =>
        Tag(
            $"div.{gallery.Kind}",
            gallery.Items.Select(item => Tag("figure", item.Picture, Tag("figcaption", Tag("b", item.Name), $" {item.Text}")))
        );

    static XElement Table(ReportPart.Table table) =>
        Tag(
            $"table.{table.Kind}",
            Tag("thead", Tag("tr", table.Columns.Select(column => Tag($"th{Classes(column)}", column.Title)))),
            Tag(
                "tbody",
                "", // a parser of HTML would take the short form for an open tag
                table.Rows.Select(row =>
                    Tag(row.IsResult ? "tr.result" : "tr", row.Cells.Zip(table.Columns, (cell, column) => Cell(column, cell)))
                )
            )
        );

    static XElement Cell(ReportColumn column, ReportCell cell) =>
        column.Kind == ReportColumnKind.Bar
            ? Tag("td.bar", Tag($"span.track.{column.Bar}", With(("style", $"--part:{Number(100 * cell.Share)}%")), Tag("span", cell.Text)))
            : Tag($"td{Classes(column)}{(column.IsStrong ? ".strong" : "")}", cell.Text);

    static string Classes(ReportColumn column) =>
        column.Kind switch
        {
            ReportColumnKind.Number => ".number",
            ReportColumnKind.Bar => ".bar",
            _ => "",
        } + (column.IsWide ? ".wide" : "");

    static XElement? Notes(ImmutableArray<string> notes) => notes.IsEmpty ? null : Tag("footer", notes.Select(note => Tag("p", note)));
}
