using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Compression.Reconstruction;

/// <summary>Coordinate descent over the codes: each block in turn takes the code of least objective, all others as they are.</summary>
static unsafe class CodeSweep
{
    // Rows that one thread takes at a time: the covariance passes through its cache once for all of them.
    const int Chunk = 16;

    /// <summary>One sweep over all blocks. The objective does not rise.</summary>
    /// <param name="host">Where to run.</param>
    /// <param name="metric">The layer.</param>
    /// <param name="code">Codebook and codes.</param>
    public static MetricCode Run(HostDevice host, LayerMetric metric, MetricCode code)
    {
        int[] codes = [.. code.Codes];
        foreach (var part in metric.Parts)
        {
            using var scope = host.BeginScope();
            Sweep(host, metric, part, code, codes);
        }

        return code with
        {
            Codes = codes,
        };
    }

    static void Sweep(HostDevice host, LayerMetric metric, MetricPart part, MetricCode code, int[] codes)
    {
        int m = part.Columns / code.D,
            all = metric.Columns / code.D;
        var gradient = MatMul.Forward(code.Error(host, metric, part), part.Covariance);
        var table = WordTable.Of(code.Codebook, code.D);
        float[] halves = Halves(part.Covariance, code, m, table.Halves.Length);
        fixed (
            float* words = table.Words,
                h = halves,
                book = code.Codebook
        )
        fixed (int* c = codes)
            host.For(
                Division.Ceil(part.RowCount, Chunk),
                new SweepRows(
                    gradient.Pointer,
                    part.Covariance.Pointer,
                    part.RowCount,
                    m,
                    all,
                    code.D,
                    words,
                    h,
                    table.Halves.Length,
                    book,
                    c + ((nint)part.FirstRow * all) + (part.FirstColumn / code.D)
                )
            );
    }

    /// <summary>[m, padded k]: c H_bb cᵀ / 2 for each block's place.</summary>
    static float[] Halves(Tensor<float> covariance, MetricCode code, int m, int padded)
    {
        int d = code.D;
        float[] halves = new float[m * padded];
        Array.Fill(halves, float.PositiveInfinity);
        float[] image = new float[d];
        for (int b = 0; b < m; b++)
        {
            double[] factor = BlockMetric.Factor(BlockMetric.Of(covariance, b * d, d), d);
            for (int c = 0; c < code.K; c++)
            {
                BlockMetric.TimesLower(code.Codebook.AsSpan(c * d, d), factor, d, image);
                double squares = 0;
                foreach (float value in image)
                    squares += (double)value * value;
                halves[(b * padded) + c] = (float)(squares / 2);
            }
        }

        return halves;
    }

    readonly struct SweepRows(
        float* gradient,
        float* covariance,
        int rowCount,
        int m,
        int codeStride,
        int d,
        float* words,
        float* halves,
        int padded,
        float* codebook,
        int* codes
    ) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            float* scores = stackalloc float[padded],
                x = stackalloc float[d];
            for (int b = 0; b < m; b++)
            for (int r = item * Chunk; r < Math.Min(rowCount, (item + 1) * Chunk); r++)
                Choose(r, b, x, scores);
        }

        /// <summary>The code of least (w − q)H(w − q)ᵀ for one block: its gradient without the block's own part is x.</summary>
        void Choose(int row, int block, float* x, float* scores)
        {
            int columns = m * d,
                at = block * d,
                old = codes[((nint)row * codeStride) + block];
            float* g = gradient + ((nint)row * columns),
                h = covariance + ((nint)at * columns);
            for (int q = 0; q < d; q++)
            {
                float sum = g[at + q];
                for (int p = 0; p < d; p++)
                    sum += codebook[(old * d) + p] * h[((nint)p * columns) + at + q];
                x[q] = sum;
            }

            int best = CodeSearch.Nearest(x, words, halves + ((nint)block * padded), d, padded, scores);
            if (best == old || !(scores[best] < scores[old]))
                return;
            codes[((nint)row * codeStride) + block] = best;
            for (int q = 0; q < d; q++)
                x[q] = codebook[(old * d) + q] - codebook[(best * d) + q];
            Rows.AddScaled(g, h, columns, x, d, columns);
        }
    }
}
