using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Compression.Reconstruction;

/// <summary>k-means on single blocks under the mean of the metric's blocks, each block weighted by its row and by how large its inputs
/// are: where reconstruction starts.</summary>
static unsafe class WeightedClustering
{
    // Blocks that one thread takes at a time.
    const int Chunk = 256;

    /// <summary>Runs some iterations from a given codebook.</summary>
    /// <param name="host">Where to run.</param>
    /// <param name="metric">The layer.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="iterations">How many.</param>
    /// <param name="key">Draws blocks for codewords that none is near.</param>
    public static MetricCode Run(HostDevice host, LayerMetric metric, MetricCode start, int iterations, RngKey key)
    {
        int d = start.D,
            k = start.K,
            m = metric.Columns / d,
            n = metric.RowCount * m;
        var (mean, weights) = Weights(metric, d);
        double[] factor = BlockMetric.Factor(mean, d);
        float[] blocks = new float[n * d],
            words = new float[k * d];
        var wanted = new ReadOnlySpan<float>(metric.Wanted.Pointer, n * d);
        for (int i = 0; i < n; i++)
            BlockMetric.TimesLower(wanted.Slice(i * d, d), factor, d, blocks.AsSpan(i * d, d));
        for (int c = 0; c < k; c++)
            BlockMetric.TimesLower(start.Codebook.AsSpan(c * d, d), factor, d, words.AsSpan(c * d, d));
        int[] codes = new int[n];
        for (int iteration = 0; iteration < iterations; iteration++)
        {
            Assign(host, blocks, words, d, codes);
            Move(blocks, weights, codes, words, d, key.Fold((ulong)iteration));
        }

        Assign(host, blocks, words, d, codes);
        return new(d, Unscaled(words, factor, d), codes);
    }

    /// <summary>The mean of the metric's blocks [d, d], and a weight for each block of the layer [R, m].</summary>
    static (double[] Mean, double[] Weights) Weights(LayerMetric metric, int d)
    {
        int m = metric.Columns / d;
        double[] mean = new double[d * d],
            weights = new double[metric.RowCount * m];
        foreach (var part in metric.Parts)
            for (int b = 0; b < part.Columns / d; b++)
            {
                double[] block = BlockMetric.Of(part.Covariance, b * d, d);
                double trace = BlockMetric.Trace(block, d);
                for (int i = 0; i < mean.Length; i++)
                    mean[i] += block[i] * part.RowCount / metric.RowCount / m;
                for (int r = part.FirstRow; r < part.FirstRow + part.RowCount; r++)
                    weights[(r * m) + (part.FirstColumn / d) + b] = metric.RowWeights[r] * trace;
            }

        return (mean, weights);
    }

    static void Assign(HostDevice host, float[] blocks, float[] words, int d, int[] codes)
    {
        var table = WordTable.Of(words, d);
        fixed (
            float* x = blocks,
                w = table.Words,
                h = table.Halves
        )
        fixed (int* to = codes)
            host.For(Division.Ceil(codes.Length, Chunk), new AssignBlocks(x, codes.Length, d, w, h, table.Halves.Length, to));
    }

    /// <summary>Moves each codeword to the mean of its blocks; one without any to a block drawn at random.</summary>
    static void Move(float[] blocks, double[] weights, int[] codes, float[] words, int d, RngKey key)
    {
        int k = words.Length / d;
        double[] sums = new double[words.Length],
            totals = new double[k];
        for (int i = 0; i < codes.Length; i++)
        {
            totals[codes[i]] += weights[i];
            for (int q = 0; q < d; q++)
                sums[(codes[i] * d) + q] += weights[i] * blocks[(i * d) + q];
        }

        for (int c = 0; c < k; c++)
            if (totals[c] > 0)
                for (int q = 0; q < d; q++)
                    words[(c * d) + q] = (float)(sums[(c * d) + q] / totals[c]);
            else
                blocks.AsSpan(key.Below(codes.Length, (ulong)c) * d, d).CopyTo(words.AsSpan(c * d));
    }

    static float[] Unscaled(float[] words, double[] factor, int d)
    {
        double[] exact = Array.ConvertAll(words, value => (double)value);
        for (int at = 0; at < exact.Length; at += d)
            BlockMetric.OverLower(exact.AsSpan(at, d), factor, d);
        return Array.ConvertAll(exact, value => (float)value);
    }

    readonly struct AssignBlocks(float* blocks, int count, int d, float* words, float* halves, int padded, int* codes) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            float* scores = stackalloc float[padded];
            for (int i = item * Chunk; i < Math.Min(count, (item + 1) * Chunk); i++)
                codes[i] = CodeSearch.Nearest(blocks + ((nint)i * d), words, halves, d, padded, scores);
        }
    }
}
