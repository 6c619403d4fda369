using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Steps;

namespace Pqf.Compression.Reporting;

/// <summary>Bits and error of each quantised layer, as figures with bars behind them.</summary>
static class LayerTable
{
    /// <summary>The section; null if no layer is quantised.</summary>
    public static ReportSection? Of(ImmutableArray<LayerReport> layers)
    {
        if (layers.IsEmpty)
            return null;
        double mostBits = layers.Max(BitsPerWeight),
            mostError = layers.Max(layer => layer.RelativeError),
            mostOutput = layers.Max(layer => layer.OutputError ?? 0),
            mostEffect = layers.Max(layer => layer.Effect ?? 0);
        ImmutableArray<ReportColumn> columns =
        [
            new("layer"),
            new("weight", IsWide: true),
            new("codebook", ReportColumnKind.Number, IsWide: true),
            new("bits a weight", ReportColumnKind.Bar),
            new("relative error", ReportColumnKind.Bar) { Bar = "error" },
            .. mostOutput > 0 ? (ReportColumn[])[new("output error", ReportColumnKind.Bar) { Bar = "error" }] : [],
            .. mostEffect > 0 ? (ReportColumn[])[new("effect", ReportColumnKind.Bar) { Bar = "error" }] : [],
        ];
        return new(
            "Layer by layer",
            "Bits for each weight, with its share of the codebook (dense: 32). The relative error, before fine-tuning, is the sum of the "
                + "squared errors divided by the sum of the squared weights: 0 is none, above 1 the errors are larger than the weight."
                + (mostOutput > 0 ? " The output error is the same ratio for the layer's outputs on the photographs." : "")
                + (
                    mostEffect > 0
                        ? " The effect is how far the network's answers move from the dense network's if only this layer is quantised "
                            + "(a divergence, in nats an image), and the norms behind it stay as they are: calibration takes back most of "
                            + "it, more in early layers than in late ones."
                        : ""
                ),
            [new ReportPart.Table("layers", columns, [.. layers.Select(Row)])]
        );

        ReportRow Row(LayerReport layer) =>
            new([
                new(layer.Blocks.Layer),
                new(string.Join(" × ", layer.Blocks.Weight.AsSpan().ToArray())),
                new($"{layer.Blocks.K} × {layer.Blocks.D}"),
                new(BitsPerWeight(layer).ToString("0.00", CultureInfo.InvariantCulture), BitsPerWeight(layer) / mostBits),
                Error(layer.RelativeError, mostError),
                .. mostOutput > 0 ? (ReportCell[])[Error(layer.OutputError, mostOutput)] : [],
                .. mostEffect > 0 ? (ReportCell[])[Error(layer.Effect, mostEffect, mostEffect < 0.01 ? "0.0e+0" : "0.000")] : [],
            ]);
    }

    static ReportCell Error(double? value, double most, string format = "0.000") =>
        // Rounding may leave an effect a little below 0.
        value is { } known
            ? new(Math.Max(0, known).ToString(format, CultureInfo.InvariantCulture), most > 0 ? Math.Max(0, known) / most : 0)
            : new("");

    static double BitsPerWeight(LayerReport layer) => (double)layer.SizeBits / layer.Blocks.Weight.Count;
}
