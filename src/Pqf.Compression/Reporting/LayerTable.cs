using System.Globalization;
using System.Xml.Linq;
using Pqf.Compression.Steps;
using static Pqf.Compression.Reporting.Markup;

namespace Pqf.Compression.Reporting;

/// <summary>Bits and error of each quantised layer, as figures with bars behind them.</summary>
static class LayerTable
{
    /// <summary>The section; null if no layer is quantised.</summary>
    public static XElement? Of(CompressionReport report)
    {
        if (report.Layers.IsEmpty)
            return null;
        double mostBits = report.Layers.Max(BitsPerWeight),
            mostError = report.Layers.Max(layer => layer.RelativeError),
            mostEffect = report.Layers.Max(layer => layer.Effect ?? 0);
        return ReportPage.Section(
            "Layer by layer",
            "Bits for each weight, codebook included (dense: 32), and the part of the weight's squares that quantising lost, "
                + "before fine-tuning."
                + (
                    mostEffect > 0
                        ? " The effect is how far the network's answers are from the dense network's if the layer alone is quantised "
                            + "(a divergence, in nats): it shows which layers cost the accuracy."
                        : ""
                ),
            Tag(
                "div.scroll",
                Tag(
                    "table.layers",
                    Tag(
                        "thead",
                        Tag(
                            "tr",
                            Tag("th", "layer"),
                            Tag("th.wide", "weight"),
                            Tag("th.number.wide", "codebook"),
                            Tag("th.bar", "bits a weight"),
                            Tag("th.bar", "relative error"),
                            mostEffect > 0 ? Tag("th.bar", "effect") : null
                        )
                    ),
                    Tag("tbody", report.Layers.Select(layer => Row(layer, mostBits, mostError, mostEffect)))
                )
            )
        );
    }

    static XElement Row(LayerReport layer, double mostBits, double mostError, double mostEffect) =>
        Tag(
            "tr",
            Tag("td", layer.Blocks.Layer),
            Tag("td.wide", string.Join(" × ", layer.Blocks.Weight.AsSpan().ToArray())),
            Tag("td.number.wide", $"{layer.Blocks.K} × {layer.Blocks.D}"),
            Bar("bits", BitsPerWeight(layer) / mostBits, BitsPerWeight(layer).ToString("0.00", CultureInfo.InvariantCulture)),
            Bar(
                "error",
                mostError > 0 ? layer.RelativeError / mostError : 0,
                layer.RelativeError.ToString("0.000", CultureInfo.InvariantCulture)
            ),
            mostEffect > 0
                ? Bar("error", (layer.Effect ?? 0) / mostEffect, (layer.Effect ?? 0).ToString("0.000", CultureInfo.InvariantCulture))
                : null
        );

    static XElement Bar(string kind, double share, string text) =>
        Tag("td.bar", Tag($"span.track.{kind}", With(("style", $"--part:{Number(100 * share)}%")), Tag("span", text)));

    static double BitsPerWeight(LayerReport layer) => (double)layer.SizeBits / layer.Blocks.Weight.Count;
}
