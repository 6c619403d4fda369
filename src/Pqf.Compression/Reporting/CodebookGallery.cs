using System.Collections.Immutable;
using static Pqf.Compression.Reporting.Markup;

namespace Pqf.Compression.Reporting;

/// <summary>Pictures of codebooks.</summary>
static class CodebookGallery
{
    // More than these are folded away.
    const int MostShown = 8;

    /// <summary>The section; null without codebooks.</summary>
    public static ReportSection? Of(ImmutableArray<Codebook> codebooks) =>
        codebooks.IsEmpty
            ? null
            : new(
                "Codebooks",
                "All that a layer's weight is made of, the most used first. Blue is negative, red is positive; each layer has its "
                    + "own scale.",
                [
                    new ReportPart.Gallery("books", [.. codebooks.Select(Picture)])
                    {
                        Folded = codebooks.Length > MostShown ? $"Show {codebooks.Length} codebooks" : null,
                    },
                ]
            );

    static ReportFigure Picture(Codebook book) =>
        new(
            Tag(
                "img",
                With(
                    ("alt", $"codebook of {book.Layer}"),
                    ("src", $"data:image/png;base64,{Convert.ToBase64String(CodebookPicture.Png(book))}")
                )
            ),
            book.Layer,
            $"{book.Centroids.Length} of {book.D} values"
        );
}
