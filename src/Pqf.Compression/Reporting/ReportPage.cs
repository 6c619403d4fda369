using System.Globalization;
using System.Xml.Linq;
using static Pqf.Compression.Reporting.Markup;

namespace Pqf.Compression.Reporting;

/// <summary>A report as one HTML page that needs no other file: drawings are SVG, pictures are in the text, no script.</summary>
public static class ReportPage
{
    const string StyleName = "Pqf.Compression.Reporting.report.css";

    /// <summary>The page.</summary>
    /// <remarks>It is XML too: what is checked once in tests need not be trusted to a browser's leniency.</remarks>
    public static string Of(CompressionReport report)
    {
        var page = new XElement(
            "html",
            With(("lang", "en")),
            Tag(
                "head",
                Tag("meta", With(("charset", "utf-8"))),
                Tag("meta", With(("name", "viewport"), ("content", "width=device-width, initial-scale=1"))),
                Tag("meta", With(("name", "color-scheme"), ("content", "light dark"))),
                Tag("title", $"{report.Network}, {RatioText(report.Ratio)} times smaller"),
                Tag("style", Style())
            ),
            Tag("body", Tag("main", Head(report), Stages(report), Charts(report), LayerTable.Of(report), Codebooks(report), Notes(report)))
        );
        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    static string Style()
    {
        using var reader = new StreamReader(typeof(ReportPage).Assembly.GetManifestResourceStream(StyleName)!);
        return reader.ReadToEnd();
    }

    static XElement Head(CompressionReport report)
    {
        double points = 100 * (report.Dense.Accuracy.Value - report.Result.Accuracy.Value);
        return Tag(
            "header",
            Tag("p.kicker", "Permute · Quantise · Fine-tune"),
            Tag("h1", Tag("em", $"{RatioText(report.Ratio)} times"), " smaller, ", PointsText(points)),
            Tag(
                "p.lead",
                $"{report.Network}: from {SizeText(report.Dense.SizeBits)} to {SizeText(report.Result.SizeBits)}. Accuracy is "
                    + $"measured on {report.Images}."
            )
        );
    }

    static string PointsText(double points) =>
        Math.Round(points, 1) switch
        {
            0 => "equally accurate",
            > 0 => string.Create(CultureInfo.InvariantCulture, $"{points:0.0} points less accurate"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{-points:0.0} points more accurate"),
        };

    static XElement Stages(CompressionReport report) =>
        Section(
            "Stage by stage",
            "With 95 % intervals: another set of as many images would mostly fall within them.",
            Tag(
                "div.scroll",
                Tag(
                    "table.stages",
                    Tag(
                        "thead",
                        Tag(
                            "tr",
                            Tag("th", "network"),
                            Tag("th.number", "size"),
                            Tag("th.number.wide", "ratio"),
                            Tag("th.number", "accuracy"),
                            Tag("th.number", "95 % interval"),
                            Tag("th.number.wide", "images right")
                        )
                    ),
                    Tag(
                        "tbody",
                        report.Stages.Select(stage =>
                            Tag(
                                stage == report.Result ? "tr.result" : "tr",
                                Tag("td", stage.Name),
                                Tag("td.number", SizeText(stage.SizeBits)),
                                Tag("td.number.wide", Figures.Ratio(report.RatioOf(stage))),
                                Tag("td.number.strong", Figures.Percent(stage.Accuracy.Value)),
                                Tag("td.number", Figures.Interval(stage.Accuracy)),
                                Tag("td.number.wide", $"{Figures.Count(stage.Accuracy.Correct)} of {Figures.Count(stage.Accuracy.Count)}")
                            )
                        )
                    )
                )
            )
        );

    static XElement Charts(CompressionReport report) =>
        Tag(
            "div.pair",
            Section(
                "Accuracy against size",
                "Both axes are logarithmic: each step up divides the mistakes by the same factor.",
                AccuracyChart.Of(report)
            ),
            report.Steps.IsEmpty
                ? null
                : Section(
                    "Fine-tuning",
                    $"Loss of {Figures.Count(report.Steps.Length)} steps and their moving average. Only codebooks, norms and dense "
                        + $"layers move; codes stay.",
                    LossChart.Of(report)
                )
        );

    static XElement? Codebooks(CompressionReport report) =>
        report.Codebooks.IsEmpty
            ? null
            : Section(
                "Codebooks",
                "All that a layer's weight is made of, the most used first. Blue is negative, red is positive; each layer has its "
                    + "own scale.",
                Tag(
                    "div.books",
                    report.Codebooks.Select(book =>
                        Tag(
                            "figure",
                            Tag(
                                "img",
                                With(
                                    ("alt", $"codebook of {book.Layer}"),
                                    ("src", $"data:image/png;base64,{Convert.ToBase64String(CodebookPicture.Png(book))}")
                                )
                            ),
                            Tag("figcaption", Tag("b", book.Layer), $" {book.Centroids.Length} of {book.D} values")
                        )
                    )
                )
            );

    static XElement? Notes(CompressionReport report) =>
        report.Notes.IsEmpty ? null : Tag("footer", report.Notes.Select(note => Tag("p", note)));

    /// <summary>A heading, a sentence and what it is about.</summary>
    internal static XElement Section(string title, string sentence, XElement content) =>
        Tag("section", Tag("h2", title), Tag("p.about", sentence), content);

    /// <summary><c>207 KiB</c>, <c>4.14 MiB</c>.</summary>
    static string SizeText(long bits) =>
        bits < 1 << 23
            ? string.Create(CultureInfo.InvariantCulture, $"{bits / 8192.0:0} KiB")
            : string.Create(CultureInfo.InvariantCulture, $"{bits / 8388608.0:0.00} MiB");

    static string RatioText(double ratio) => ratio.ToString("0.0", CultureInfo.InvariantCulture);
}
