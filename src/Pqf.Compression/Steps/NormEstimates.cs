using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>Collects what the norms of a network see, batch by batch. Frozen norms are left out.</summary>
/// <param name="graph">The network.</param>
/// <param name="parameters">Norms may be folded, with mean 0 and variance 1, or hold any statistics.</param>
/// <param name="mode">How norms normalise meanwhile.</param>
sealed class NormEstimates(Graph graph, Parameters parameters, NormMode mode)
{
    readonly Dictionary<string, Sums> seen = NormsOf(graph).ToDictionary(norm => norm.Name, norm => new Sums(norm.Channels));

    int firstCount;

    /// <summary>Norms that training changes.</summary>
    public static IEnumerable<BatchNormLayer> NormsOf(Graph graph) => graph.BatchNorms.Where(norm => !norm.IsFrozen);

    /// <summary>Runs the network on images, in a scope of its own.</summary>
    /// <param name="shape">[N, H, W, C].</param>
    /// <param name="images">Row-major.</param>
    public void Add(Shape shape, ReadOnlySpan<float> images)
    {
        var device = parameters.Tensors().First().Device;
        using var scope = device.BeginScope();
        Add(Tensor<float>.From(device, shape, images));
    }

    /// <summary>Runs the network on images [N, H, W, C]; tensors belong to the innermost scope.</summary>
    public void Add(Tensor<float> images)
    {
        firstCount = firstCount == 0 ? images.Shape[0] : firstCount;
        double share = (double)images.Shape[0] / firstCount;
        foreach (var norm in Forward.WithStatistics(graph, parameters, images, mode).Norms)
            seen[norm.Layer].Add(norm.Mean.ToArray(), norm.Variance.ToArray(), norm.Count, share);
    }

    /// <summary>As <see cref="Calibration.Unfold"/>.</summary>
    public Parameters Unfolded() =>
        Replace(norm =>
        {
            var (mean, variance) = seen[norm.Name].Pooled();
            float[] w = Vector(parameters, norm.Name, "weight"),
                b = Vector(parameters, norm.Name, "bias");
            float[] oldMean = Vector(parameters, norm.Name, "running_mean"),
                oldVariance = Vector(parameters, norm.Name, "running_var");
            for (int c = 0; c < w.Length; c++)
            {
                double inverse = 1 / Math.Sqrt((double)oldVariance[c] + norm.Eps);
                b[c] = (float)(b[c] + (w[c] * ((double)mean[c] - oldMean[c]) * inverse));
                w[c] = (float)(w[c] * Math.Sqrt((double)variance[c] + norm.Eps) * inverse);
            }

            return [("weight", w), ("bias", b), ("running_mean", mean), ("running_var", variance)];
        });

    /// <summary>As <see cref="Calibration.Reestimate"/>.</summary>
    public Parameters Reestimated() =>
        Replace(norm =>
        {
            var (mean, variance) = seen[norm.Name].Averaged();
            return [("running_mean", mean), ("running_var", variance)];
        });

    /// <summary>A norm's vector [C].</summary>
    public static float[] Vector(Parameters parameters, string layer, string name) =>
        parameters.Find($"{layer}.{name}")?.ToArray()
        ?? throw new KeyNotFoundException($"Calibration: expected {layer}.{name} among the parameters");

    Parameters Replace(Func<BatchNormLayer, (string Name, float[] Values)[]> vectors) =>
        NormsOf(graph)
            .SelectMany(norm => vectors(norm).Select(vector => (Name: $"{norm.Name}.{vector.Name}", vector.Values)))
            .Aggregate(
                parameters,
                (changed, vector) =>
                    changed.With(
                        vector.Name,
                        new Weight.Dense(Tensor<float>.From(parameters.Tensors().First().Device, [vector.Values.Length], vector.Values))
                    )
            );

    /// <summary>One norm's statistics over batches, in double.</summary>
    sealed class Sums(int channelCount)
    {
        readonly double[] means = new double[channelCount],
            squares = new double[channelCount];
        readonly double[] variances = new double[channelCount],
            unbiased = new double[channelCount];
        double batchCount;

        /// <summary>Adds a batch.</summary>
        /// <param name="mean">Of each channel.</param>
        /// <param name="variance">Of each channel.</param>
        /// <param name="count">Values of each channel.</param>
        /// <param name="share">Images, as a part of those of the first batch: a smaller batch counts less.</param>
        public void Add(float[] mean, float[] variance, int count, double share)
        {
            batchCount += share;
            for (int c = 0; c < means.Length; c++)
            {
                means[c] += share * mean[c];
                squares[c] += share * mean[c] * mean[c];
                variances[c] += share * variance[c];
                unbiased[c] += share * variance[c] * ((double)count / Math.Max(1, count - 1));
            }
        }

        /// <summary>Of all batches' values together, taking images as equally large.</summary>
        public (float[] Mean, float[] Variance) Pooled() =>
            (
                Array.ConvertAll(means, sum => (float)(sum / batchCount)),
                [
                    .. means.Select(
                        (sum, c) => (float)Math.Max(0, ((variances[c] + squares[c]) / batchCount) - (sum / batchCount * (sum / batchCount)))
                    ),
                ]
            );

        /// <summary>Averages over the batches.</summary>
        public (float[] Mean, float[] Variance) Averaged() =>
            (Array.ConvertAll(means, sum => (float)(sum / batchCount)), Array.ConvertAll(unbiased, sum => (float)(sum / batchCount)));
    }
}
