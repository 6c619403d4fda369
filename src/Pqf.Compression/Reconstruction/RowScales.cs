using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Reconstruction;

/// <summary>A factor for each row of a layer. All rows share one codebook, and rows of very different size share it badly. The factors
/// give all outputs about equal power. The norm behind the layer divides by the deviation of its inputs, so it takes the factors back, and
/// they cost no bits.</summary>
/// <param name="Factors">[R], positive.</param>
sealed unsafe record RowScales(ImmutableArray<float> Factors)
{
    // Limits of a factor, relative to the row in the middle. A channel that is almost dead would be magnified without limit.
    const double Least = 0.05,
        Most = 20;

    /// <summary>Whether norms take back any factors of a layer's rows: wherever the weight is used, nothing but a norm reads the output,
    /// and no such norm reads another layer too.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="weight">Name of the layer's weight.</param>
    public static bool AreFree(Graph graph, string weight)
    {
        int[] uses = graph.UsesOf(weight);
        return Array.TrueForAll(
            uses,
            use =>
                graph.SoleReader(use) is { } reader
                && graph.Nodes[reader] is BatchNormLayer norm
                && graph.Nodes.OfType<BatchNormLayer>().All(other => other.Name != norm.Name || uses.Contains(other.X))
        );
    }

    /// <summary>Fits a layer with its rows scaled. Rows are not scaled where the result would be no better than the start.</summary>
    /// <inheritdoc cref="LayerFit.Run"/>
    /// <returns>The fit, of scaled rows, and their factors; null for none.</returns>
    public static (LayerFit Fit, RowScales? Scales) Fit(
        HostDevice host,
        LayerMetric metric,
        MetricCode start,
        ReconstructionOptions options,
        RngKey key
    )
    {
        double[] powers = MetricCode.Powers(host, metric);
        if (Of(powers) is { } scales)
        {
            using var scope = host.BeginScope();
            double before = start.Objective(host, metric) / MetricCode.Scale(metric, powers);
            var scaled = scales.Scaled(host, metric);
            var begun = Means(scaled, start);
            var fit = LayerFit.Run(host, scaled, begun, options, key);
            if (!ReferenceEquals(fit.Code, begun) && fit.After < before)
                return (fit with { Before = before }, scales);
        }

        return (LayerFit.Run(host, metric, start, options, key), null);
    }

    /// <summary>Factors that give rows equal power.</summary>
    /// <param name="powers">Of the rows' outputs. A row without power keeps its size.</param>
    /// <returns>Null where no row has power.</returns>
    public static RowScales? Of(double[] powers)
    {
        double[] seen = [.. powers.Where(HasPower).Order()];
        if (seen.Length == 0)
            return null;
        // The row in the middle, and not the mean of all, so that channels without use do not shift it. A power of two does not round: rows
        // that are scaled by powers of two give the same codes.
        double size = Math.ScaleB(1, (int)Math.Round(Math.Log2(seen[seen.Length / 2]) / 2));
        return new([.. powers.Select(power => HasPower(power) ? (float)Math.Clamp(size / Math.Sqrt(power), Least, Most) : 1f)]);
    }

    /// <summary>Factors that give rows about equal power where inputs are not known: all rows get the same norm.</summary>
    /// <param name="weight">Dense, [R, …].</param>
    /// <returns>Null where all values are 0.</returns>
    public static RowScales? OfRows(Weight weight)
    {
        float[] values = weight.Decode().ToArray();
        return Of([.. values.Chunk(values.Length / weight.Shape[0]).Select(row => row.Sum(value => (double)value * value))]);
    }

    /// <summary>A weight with its rows scaled.</summary>
    /// <param name="weight">Dense, [R, …].</param>
    public Weight.Dense Scaled(Weight weight) => Mapped(weight, (value, row) => value * Factors[row]);

    /// <summary>The metric of scaled rows. Each error counts as before: the weight of a row is divided by its factor's square.</summary>
    public LayerMetric Scaled(HostDevice host, LayerMetric metric)
    {
        var wanted = Tensor<float>.Rent(host, metric.Wanted.Shape); // not in place: it may be the dense weight itself
        for (int r = 0, at = 0; r < metric.RowCount; r++)
        for (int i = 0; i < metric.Columns; i++, at++)
            wanted.Pointer[at] = metric.Wanted.Pointer[at] * Factors[r];
        return metric with
        {
            Wanted = wanted,
            RowWeights = [.. metric.RowWeights.Zip(Factors, (weight, factor) => (float)(weight / ((double)factor * factor)))],
        };
    }

    /// <summary>A weight with its rows as large as without the factors.</summary>
    /// <param name="weight">Of scaled rows.</param>
    public Weight.Dense Undone(Weight weight) => Mapped(weight, (value, row) => value / Factors[row]);

    /// <summary>What a norm's weight is multiplied with so that ε, which is added to the variance of scaled outputs, counts as it would
    /// without the factor.</summary>
    /// <param name="channel">The row.</param>
    /// <param name="variance">Of its scaled output.</param>
    /// <param name="eps">ε.</param>
    public double ForEps(int channel, double variance, double eps)
    {
        double unscaled = variance + ((double)Factors[channel] * Factors[channel] * eps);
        return unscaled > 0 ? Math.Sqrt((variance + eps) / unscaled) : 1;
    }

    /// <summary>The same codes with the means of their blocks as codebook; words without blocks stay.</summary>
    static MetricCode Means(LayerMetric metric, MetricCode start)
    {
        int d = start.D;
        double[] sums = new double[start.Codebook.Length];
        int[] counts = new int[start.K];
        float* value = metric.Wanted.Pointer;
        foreach (int code in start.Codes)
        {
            counts[code]++;
            for (int q = 0; q < d; q++, value++)
                sums[(code * d) + q] += *value;
        }

        return start with
        {
            Codebook = [.. start.Codebook.Select((own, i) => counts[i / d] > 0 ? (float)(sums[i] / counts[i / d]) : own)],
        };
    }

    Weight.Dense Mapped(Weight weight, Func<float, int, float> map)
    {
        var decoded = weight.Decode();
        float[] values = decoded.ToArray();
        int columns = values.Length / Factors.Length;
        for (int i = 0; i < values.Length; i++)
            values[i] = map(values[i], i / columns);
        return new(Tensor<float>.From(decoded.Device, decoded.Shape, values));
    }

    static bool HasPower(double power) => power > 0 && double.IsFinite(power);
}
