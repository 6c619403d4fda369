using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression;

/// <summary>Statistics of batch norms, taken anew from unlabelled images: what a network needs right after quantisation.</summary>
/// <remarks>Batches are asked for one at a time, each inside a scope that ends when the batch is done: a lazy sequence may make its tensors
/// as it goes.</remarks>
public static class Calibration
{
    /// <summary>Norms whose running statistics are those of their inputs, the network's function unchanged.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Norms may be folded, with mean 0 and variance 1, or hold any statistics.</param>
    /// <param name="batches">Images [N, H, W, C], one batch at least.</param>
    /// <returns>For a norm of weight w, bias b, mean m, variance s that sees mean μ and variance v: w·√((v + ε)/(s + ε)), b + w·(μ − m)/√(s
    /// + ε), μ, v. New tensors
    /// belong to the innermost scope.</returns>
    /// <remarks>
    /// Without this, re-estimating or training folded norms applies the statistics twice. Give the images that <see cref="Reestimate"/>
    /// will get: scales that fit the
    /// statistics of other images are off by the difference (published ResNet-18, 100 images instead of all 400: 282 right instead of 297).
    /// </remarks>
    /// <exception cref="ArgumentException">There is no batch.</exception>
    public static Parameters Unfold(Graph graph, Parameters parameters, IEnumerable<Tensor<float>> batches)
    {
        var seen = Statistics(graph, parameters, batches, NormMode.Running);
        return Replace(
            graph,
            parameters,
            norm =>
            {
                var (mean, variance) = seen[norm.Name].Pooled();
                float[] w = Vector(parameters, norm, "weight"),
                    b = Vector(parameters, norm, "bias");
                float[] oldMean = Vector(parameters, norm, "running_mean"),
                    oldVariance = Vector(parameters, norm, "running_var");
                for (int c = 0; c < w.Length; c++)
                {
                    double inverse = 1 / Math.Sqrt((double)oldVariance[c] + norm.Eps);
                    b[c] = (float)(b[c] + (w[c] * ((double)mean[c] - oldMean[c]) * inverse));
                    w[c] = (float)(w[c] * Math.Sqrt((double)variance[c] + norm.Eps) * inverse);
                }

                return [("weight", w), ("bias", b), ("running_mean", mean), ("running_var", variance)];
            }
        );
    }

    /// <summary>Norms whose running statistics are averages over batches, each batch normalised by its own statistics.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Norms unfolded.</param>
    /// <param name="batches">Images [N, H, W, C], one batch at least, more than one value per channel.</param>
    /// <returns>Running mean and variance as PyTorch's training mode with <c>momentum=None</c> leaves them: plain averages, variances
    /// divided by the count less one.
    /// New tensors belong to the innermost scope.</returns>
    /// <exception cref="ArgumentException">There is no batch.</exception>
    public static Parameters Reestimate(Graph graph, Parameters parameters, IEnumerable<Tensor<float>> batches)
    {
        var seen = Statistics(graph, parameters, batches, NormMode.Batch);
        return Replace(
            graph,
            parameters,
            norm =>
            {
                var (mean, variance) = seen[norm.Name].Averaged();
                return [("running_mean", mean), ("running_var", variance)];
            }
        );
    }

    static Dictionary<string, Sums> Statistics(Graph graph, Parameters parameters, IEnumerable<Tensor<float>> batches, NormMode mode)
    {
        var device = parameters.Tensors().First().Device;
        var sums = Norms(graph).ToDictionary(norm => norm.Name, norm => new Sums(norm.Channels));
        using var enumerator = batches.GetEnumerator();
        bool any = false;
        while (Next(graph, parameters, enumerator, mode, device, sums))
            any = true;
        return any ? sums : throw new ArgumentException("Calibration: expected one batch of images at least, got none", nameof(batches));
    }

    static bool Next(
        Graph graph,
        Parameters parameters,
        IEnumerator<Tensor<float>> batches,
        NormMode mode,
        Device device,
        Dictionary<string, Sums> sums
    )
    {
        using var scope = device.BeginScope();
        if (!batches.MoveNext())
            return false;
        foreach (var norm in Forward.WithStatistics(graph, parameters, batches.Current, mode).Norms)
            sums[norm.Layer].Add(norm.Mean.ToArray(), norm.Variance.ToArray(), norm.Count);
        return true;
    }

    static Parameters Replace(Graph graph, Parameters parameters, Func<BatchNormLayer, (string Name, float[] Values)[]> vectors) =>
        Norms(graph)
            .SelectMany(norm => vectors(norm).Select(vector => (Name: $"{norm.Name}.{vector.Name}", vector.Values)))
            .Aggregate(
                parameters,
                (changed, vector) =>
                    changed.With(
                        vector.Name,
                        new Weight.Dense(Tensor<float>.From(parameters.Tensors().First().Device, [vector.Values.Length], vector.Values))
                    )
            );

    static IEnumerable<BatchNormLayer> Norms(Graph graph) => graph.BatchNorms.Where(norm => !norm.IsFrozen);

    static float[] Vector(Parameters parameters, BatchNormLayer norm, string name) =>
        parameters.Find($"{norm.Name}.{name}")?.ToArray()
        ?? throw new KeyNotFoundException($"Calibration: expected {norm.Name}.{name} among the parameters");

    /// <summary>One norm's statistics over batches, in double.</summary>
    sealed class Sums(int channelCount)
    {
        readonly double[] means = new double[channelCount],
            squares = new double[channelCount];
        readonly double[] variances = new double[channelCount],
            unbiased = new double[channelCount];
        int batchCount;

        public void Add(float[] mean, float[] variance, int count)
        {
            batchCount++;
            for (int c = 0; c < means.Length; c++)
            {
                means[c] += mean[c];
                squares[c] += (double)mean[c] * mean[c];
                variances[c] += variance[c];
                unbiased[c] += variance[c] * ((double)count / Math.Max(1, count - 1));
            }
        }

        /// <summary>Of all batches' values together, taking batches as equally large.</summary>
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
