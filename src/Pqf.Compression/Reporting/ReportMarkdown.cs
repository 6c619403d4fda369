using System.Text;

namespace Pqf.Compression.Reporting;

/// <summary>A report as Markdown, to be pasted where people talk: its words and tables, without drawings and pictures;
/// a table stands for pictures that have headings.</summary>
public static class ReportMarkdown
{
    /// <summary>The text.</summary>
    public static string Of(Report report)
    {
        var text = new StringBuilder();
        text.Append("# ").Append(Escaped(report.Figure + report.Heading)).Append("\n\n").Append(Escaped(report.Lead)).Append('\n');
        foreach (var section in report.Sections)
        {
            var tables = section.Parts.Select(TableOf).OfType<ReportPart.Table>().ToList();
            if (tables.Count == 0)
                continue;
            text.Append("\n## ").Append(Escaped(section.Title)).Append("\n\n").Append(Escaped(section.About)).Append('\n');
            foreach (var table in tables)
                Append(text, table);
        }

        if (!report.Notes.IsEmpty)
            text.Append('\n').AppendJoin('\n', report.Notes.Select(note => $"- {Escaped(note)}")).Append('\n');
        return text.ToString();
    }

    static ReportPart.Table? TableOf(ReportPart part) =>
        part switch
        {
            ReportPart.Table table => table,
            ReportPart.Gallery { Headings: var (name, text) } gallery => new(
                gallery.Kind,
                [new(name), new(text)],
                [.. gallery.Items.Select(item => ReportRow.Of(item.Name, item.Text))]
            ),
            _ => null,
        };

    static void Append(StringBuilder text, ReportPart.Table table)
    {
        text.Append('\n');
        AppendRow(text, table.Columns.Select(column => Escaped(column.Title)));
        AppendRow(text, table.Columns.Select(column => column.Kind == ReportColumnKind.Text ? "---" : "---:"));
        foreach (var row in table.Rows)
            AppendRow(
                text,
                row.Cells.Select(cell => row.IsResult && cell.Text.Length > 0 ? $"**{Escaped(cell.Text)}**" : Escaped(cell.Text))
            );
    }

    static void AppendRow(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    /// <summary>The characters that Markdown would take for its own; names of layers have underscores.</summary>
    static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (char c in text)
            escaped.Append(
                c is '\\' or '|' or '*' or '_' or '`' or '<' or '[' or ']' or '#' ? $"\\{c}"
                : c is '\n' or '\r' ? " "
                : $"{c}"
            );
        return escaped.ToString();
    }
}
