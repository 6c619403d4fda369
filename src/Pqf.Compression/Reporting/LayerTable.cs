using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Steps;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Reporting;

/// <summary>Bits and error of each quantised layer, as figures with bars behind them.</summary>
static class LayerTable
{
    /// <summary>A layer with codes, or with values in 8 bits.</summary>
    sealed record Layer(string Name, Shape Weight, string Codebook, long SizeBits, double RelativeError)
    {
        public double? OutputError { get; init; }

        public double? Effect { get; init; }

        public double BitsPerWeight => (double)SizeBits / Weight.Count;
    }

    /// <summary>The section; null if no layer is quantised.</summary>
    /// <param name="reports">Of layers with codes.</param>
    /// <param name="stored">Layers without codes: those in 8 bits are shown.</param>
    /// <param name="order">All layers' names, as they are to be shown; others come last.</param>
    public static ReportSection? Of(ImmutableArray<LayerReport> reports, ImmutableArray<StoredLayer> stored, IEnumerable<string> order)
    {
        var places = order.Distinct().Select((name, place) => (name, place)).ToDictionary(pair => pair.name, pair => pair.place);
        ImmutableArray<Layer> layers =
        [
            .. reports
                .Select(Coded)
                .Concat(stored.Where(layer => layer.Form == ValueForm.Scaled8).Select(EightBits))
                .OrderBy(layer => places.GetValueOrDefault(layer.Name, int.MaxValue)),
        ];
        if (layers.IsEmpty)
            return null;
        double mostBits = layers.Max(layer => layer.BitsPerWeight),
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

        ReportRow Row(Layer layer) =>
            new([
                new(layer.Name),
                new(string.Join(" × ", layer.Weight.AsSpan().ToArray())),
                new(layer.Codebook),
                new(layer.BitsPerWeight.ToString("0.00", CultureInfo.InvariantCulture), layer.BitsPerWeight / mostBits),
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

    static Layer Coded(LayerReport layer) =>
        new(layer.Blocks.Layer, layer.Blocks.Weight, $"{layer.Blocks.K} × {layer.Blocks.D}", layer.SizeBits, layer.RelativeError)
        {
            OutputError = layer.OutputError,
            Effect = layer.Effect,
        };

    static Layer EightBits(StoredLayer layer) => new(layer.Layer, layer.Weight, "8 bits", layer.SizeBits, layer.RelativeError);
}
