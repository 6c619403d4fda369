using System.Collections.Immutable;
using System.Xml.Linq;

namespace Pqf.Compression.Reporting;

/// <summary>What a run gave, for people: <see cref="ReportPage"/> makes a page of it, <see cref="ReportMarkdown"/> a text.</summary>
/// <param name="Title">Of the browser's window.</param>
/// <param name="Kicker">A few words above the heading.</param>
/// <param name="Figure">The heading's first words: the figure that counts.</param>
/// <param name="Heading">The rest of it.</param>
/// <param name="Lead">One or two sentences.</param>
/// <param name="Sections">In order.</param>
/// <param name="Notes">Sentences at the end.</param>
public sealed record Report(
    string Title,
    string Kicker,
    string Figure,
    string Heading,
    string Lead,
    ImmutableArray<ReportSection> Sections,
    ImmutableArray<string> Notes
);

/// <summary>A heading, a sentence or two and what they are about.</summary>
/// <param name="Title">The heading.</param>
/// <param name="About">Plain text.</param>
/// <param name="Parts">One below the other.</param>
public sealed record ReportSection(string Title, string About, ImmutableArray<ReportPart> Parts)
{
    /// <summary>Those sections that there are.</summary>
    internal static IEnumerable<ReportSection> Present(params IEnumerable<ReportSection?> sections) => sections.OfType<ReportSection>();

    /// <summary>Whether the next section stands beside this one where there is room.</summary>
    public bool IsBesideNext { get; init; }
}

/// <summary>A part of a section.</summary>
public abstract record ReportPart
{
    ReportPart() { }

    /// <summary>Rows of figures.</summary>
    /// <param name="Kind">Name of its style.</param>
    /// <param name="Columns">Of all rows.</param>
    /// <param name="Rows">Each with a cell for every column.</param>
    public sealed record Table(string Kind, ImmutableArray<ReportColumn> Columns, ImmutableArray<ReportRow> Rows) : ReportPart;

    /// <summary>A drawing, which stands in pages alone.</summary>
    /// <param name="Svg">The drawing.</param>
    public sealed record Drawing(XElement Svg) : ReportPart;

    /// <summary>Pictures or drawings side by side, each with words below it.</summary>
    /// <param name="Kind">Name of its style.</param>
    /// <param name="Items">In order.</param>
    public sealed record Gallery(string Kind, ImmutableArray<ReportFigure> Items) : ReportPart
    {
        /// <summary>What a person clicks on to see them; null shows them at once.</summary>
        public string? Folded { get; init; }

        /// <summary>Headings of the table that stands for the pictures where there are words alone: of first words and of the rest; null
        /// leaves them out.</summary>
        public (string Name, string Text)? Headings { get; init; }
    }
}

/// <summary>How a column looks.</summary>
public enum ReportColumnKind
{
    /// <summary>Words.</summary>
    Text,

    /// <summary>Figures, at the right.</summary>
    Number,

    /// <summary>Figures with a bar behind them.</summary>
    Bar,
}

/// <summary>A column.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Kind">How it looks.</param>
/// <param name="IsWide">Whether narrow screens leave it out.</param>
public sealed record ReportColumn(string Title, ReportColumnKind Kind = ReportColumnKind.Text, bool IsWide = false)
{
    /// <summary>Name of the style of its bars: <c>bits</c> or <c>error</c>.</summary>
    public string Bar { get; init; } = "bits";

    /// <summary>Whether its figures stand out.</summary>
    public bool IsStrong { get; init; }
}

/// <summary>A row.</summary>
/// <param name="Cells">One for each column.</param>
public sealed record ReportRow(ImmutableArray<ReportCell> Cells)
{
    /// <summary>Whether it is the one that counts.</summary>
    public bool IsResult { get; init; }

    /// <summary>A row of texts.</summary>
    public static ReportRow Of(params IEnumerable<string> texts) => new([.. texts.Select(text => new ReportCell(text))]);
}

/// <summary>A cell.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Share">Length of its bar, 0 … 1.</param>
public sealed record ReportCell(string Text, double Share = 0);

/// <summary>A picture or drawing with words below it.</summary>
/// <param name="Picture">An <c>img</c> or <c>svg</c> element.</param>
/// <param name="Name">The first words.</param>
/// <param name="Text">The rest.</param>
public sealed record ReportFigure(XElement Picture, string Name, string Text)
{
    /// <summary>A photograph.</summary>
    /// <param name="jpeg">The bytes of a JPEG file.</param>
    /// <param name="name">The first words below it.</param>
    /// <param name="text">The rest.</param>
    public static ReportFigure Photograph(byte[] jpeg, string name, string text) =>
        new(
            Markup.Tag("img", Markup.With(("alt", $"{name}, {text}"), ("src", $"data:image/jpeg;base64,{Convert.ToBase64String(jpeg)}"))),
            name,
            text
        );
}
