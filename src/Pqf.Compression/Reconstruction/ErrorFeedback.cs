using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Compression.Reconstruction;

/// <summary>Assigns the blocks of each row one after the other; each makes up for the errors of those before it.</summary>
/// <remarks>
/// With H = L Lᵀ the objective of a row is |(w − q) L|². Column j of (w − q) L depends on columns from j on only: taken from the last block
/// to the first, each block's best code is the nearest to w_b L_bb + Σ e_i L_ib over the errors e of the blocks taken. The blocks of
/// largest inputs come last in L, so that they are taken first. This is the order of GPTQ (Frantar et al. 2022, arXiv 2210.17323) and
/// GPTVQ (van Baalen et al. 2024, arXiv 2402.15319) without the inverse of H: Babai's nearest plane.
/// </remarks>
static unsafe class ErrorFeedback
{
    // Columns whose errors are fed back block by block before all columns to come are brought up to date by one product.
    const int GroupColumns = 128;

    /// <summary>Assigns all blocks.</summary>
    /// <param name="host">Where to run.</param>
    /// <param name="metric">The layer.</param>
    /// <param name="code">Its codebook; its codes are not looked at.</param>
    /// <returns>The same codebook with other codes; null where a covariance is not positive definite.</returns>
    public static MetricCode? Assign(HostDevice host, LayerMetric metric, MetricCode code)
    {
        int[] codes = new int[code.Codes.Length];
        foreach (var part in metric.Parts)
        {
            using var scope = host.BeginScope();
            if (!new Pass(host, metric, part, code, codes).Run())
                return null;
        }

        return code with
        {
            Codes = codes,
        };
    }

    /// <summary>The rows of one part.</summary>
    sealed class Pass(HostDevice host, LayerMetric metric, MetricPart part, MetricCode code, int[] codes)
    {
        readonly int d = code.D,
            columns = metric.Columns,
            m = metric.Columns / code.D;

        public bool Run()
        {
            int[] order = Order();
            var factor = Permuted(part.Covariance, order, both: true);
            if (!Cholesky.Factor(factor))
                return false;
            var rows = Permuted(Cholesky.Copied(metric.Wanted, part.FirstRow, part.RowCount, 0, columns), order, both: false);
            var feedback = Tensor<float>.Zeros(host, [part.RowCount, columns]);
            int group = Math.Max(1, GroupColumns / d);
            for (int last = m; last > 0; last -= group)
                AssignGroup(factor, rows, feedback, order, Math.Max(0, last - group), last);
            return true;
        }

        /// <summary>Blocks by rising trace.</summary>
        int[] Order()
        {
            double[] traces = [.. Enumerable.Range(0, m).Select(b => BlockMetric.Trace(BlockMetric.Of(part.Covariance, b * d, d), d))];
            return [.. Enumerable.Range(0, m).OrderBy(b => traces[b])];
        }

        /// <summary>A matrix with its blocks of columns, and of rows too if both, in another order.</summary>
        Tensor<float> Permuted(Tensor<float> matrix, int[] order, bool both)
        {
            var result = Tensor<float>.Rent(host, matrix.Shape);
            int[] places = [.. order.SelectMany(b => Enumerable.Range(b * d, d))];
            fixed (int* at = places)
                host.For(matrix.Shape[0], new PermuteRow(matrix.Pointer, result.Pointer, columns, at, both));
            return result;
        }

        /// <summary>Assigns blocks [first, last) of all rows, then feeds their errors back to all blocks before them.</summary>
        void AssignGroup(Tensor<float> factor, Tensor<float> rows, Tensor<float> feedback, int[] order, int first, int last)
        {
            using var scope = host.BeginScope();
            int start = first * d,
                width = (last - first) * d,
                padded = CodeSearch.Padded(code.K);
            var errors = Tensor<float>.Rent(host, [part.RowCount, width]);
            float[] words = new float[(last - first) * d * padded],
                halves = new float[(last - first) * padded];
            for (int b = first; b < last; b++)
            {
                var table = WordTable.Of(code.Codebook, Lower(factor, b * d), d);
                table.Words.CopyTo(words, (b - first) * d * padded);
                table.Halves.CopyTo(halves, (b - first) * padded);
            }

            fixed (
                float* w = words,
                    h = halves,
                    book = code.Codebook
            )
            fixed (
                int* o = order,
                    c = codes
            )
                host.For(
                    part.RowCount,
                    new AssignRow(
                        factor.Pointer,
                        rows.Pointer,
                        feedback.Pointer,
                        errors.Pointer,
                        new(columns, d, m, first, last, padded),
                        w,
                        h,
                        book,
                        o,
                        c + ((nint)part.FirstRow * m)
                    )
                );
            if (start == 0)
                return;
            var product = MatMul.Forward(errors, Cholesky.Copied(factor, start, width, 0, start));
            host.For(part.RowCount, new AddRow(product.Pointer, start, feedback.Pointer, columns));
        }

        double[] Lower(Tensor<float> factor, int start)
        {
            double[] block = BlockMetric.Of(factor, start, d);
            for (int i = 0; i < d; i++)
            for (int j = i + 1; j < d; j++)
                block[(i * d) + j] = 0;
            return block;
        }
    }

    /// <summary>Sizes of a group.</summary>
    readonly record struct Sizes(int Columns, int D, int M, int First, int Last, int Padded);

    readonly struct PermuteRow(float* from, float* to, int columns, int* places, bool both) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            float* source = from + ((nint)(both ? places[item] : item) * columns),
                target = to + ((nint)item * columns);
            for (int i = 0; i < columns; i++)
                target[i] = source[places[i]];
        }
    }

    readonly struct AssignRow(
        float* factor,
        float* rows,
        float* feedback,
        float* errors,
        Sizes sizes,
        float* words,
        float* halves,
        float* codebook,
        int* order,
        int* codes
    ) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int d = sizes.D,
                start = sizes.First * d;
            float* row = rows + ((nint)item * sizes.Columns),
                fed = feedback + ((nint)item * sizes.Columns),
                error = errors + ((nint)item * (sizes.Last - sizes.First) * d),
                x = stackalloc float[d],
                scores = stackalloc float[sizes.Padded];
            for (int b = sizes.Last - 1; b >= sizes.First; b--)
            {
                int at = b * d;
                for (int q = 0; q < d; q++)
                {
                    float sum = fed[at + q];
                    for (int p = q; p < d; p++)
                        sum += row[at + p] * factor[((nint)(at + p) * sizes.Columns) + at + q];
                    x[q] = sum;
                }

                int place = b - sizes.First;
                int best = CodeSearch.Nearest(
                    x,
                    words + ((nint)place * d * sizes.Padded),
                    halves + ((nint)place * sizes.Padded),
                    d,
                    sizes.Padded,
                    scores
                );
                codes[((nint)item * sizes.M) + order[b]] = best;
                for (int q = 0; q < d; q++)
                    error[(place * d) + q] = row[at + q] - codebook[(best * d) + q];
                Rows.AddScaled(fed + start, factor + ((nint)at * sizes.Columns) + start, sizes.Columns, error + (place * d), d, at - start);
            }
        }
    }

    readonly struct AddRow(float* product, int width, float* to, int stride) : IHostWork
    {
        public void Invoke(int item, int thread) => Rows.AddScaled(to + ((nint)item * stride), product + ((nint)item * width), 1, width);
    }
}
