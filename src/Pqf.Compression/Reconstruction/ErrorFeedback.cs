using System.Collections.Immutable;
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
sealed unsafe class ErrorFeedback
{
    // Columns whose errors are fed back block by block before all columns to come are brought up to date by one product.
    const int GroupColumns = 128;

    readonly HostDevice host;
    readonly int d,
        all;
    readonly ImmutableArray<OrderedPart> parts;

    ErrorFeedback(HostDevice host, LayerMetric metric, int d)
    {
        (this.host, this.d, all) = (host, d, metric.Columns / d);
        parts = [.. metric.Parts.Select(part => Ordered(metric, part))];
    }

    /// <summary>Rows of a weight, with their blocks in the order in which the factor has them.</summary>
    /// <param name="Part">The rows.</param>
    /// <param name="Order">Numbers of blocks, by rising trace of their own part of the covariance.</param>
    /// <param name="Factor">[n, n]: the covariance in that order, to be replaced by L.</param>
    /// <param name="Wanted">[rows, n]: what the values should be.</param>
    sealed record OrderedPart(MetricPart Part, int[] Order, Tensor<float> Factor, Tensor<float> Wanted);

    /// <summary>Factors a layer's covariances, once for all assignments; the factors belong to the innermost scope.</summary>
    /// <param name="host">Where to run.</param>
    /// <param name="metric">The layer.</param>
    /// <param name="d">Block length.</param>
    /// <returns>Null where a covariance is not positive definite.</returns>
    public static ErrorFeedback? Of(HostDevice host, LayerMetric metric, int d)
    {
        var feedback = new ErrorFeedback(host, metric, d);
        return feedback.parts.All(part => Cholesky.Factor(part.Factor)) ? feedback : null;
    }

    /// <summary>Assigns all blocks.</summary>
    /// <param name="code">Its codebook; its codes are not looked at.</param>
    /// <returns>The same codebook with other codes.</returns>
    public MetricCode Assign(MetricCode code)
    {
        int[] codes = new int[code.Codes.Length];
        foreach (var part in parts)
        {
            using var scope = host.BeginScope();
            var feedback = Tensor<float>.Zeros(host, [part.Part.RowCount, part.Part.Columns]);
            int group = Math.Max(1, GroupColumns / d);
            for (int last = part.Part.Columns / d; last > 0; last -= group)
                AssignGroup(part, code, feedback, codes, Math.Max(0, last - group), last);
        }

        return code with
        {
            Codes = codes,
        };
    }

    OrderedPart Ordered(LayerMetric metric, MetricPart part)
    {
        int m = part.Columns / d;
        double[] traces = [.. Enumerable.Range(0, m).Select(b => BlockMetric.Trace(BlockMetric.Of(part.Covariance, b * d, d), d))];
        int[] order = [.. Enumerable.Range(0, m).OrderBy(b => traces[b])];
        var wanted = Rows.Part(metric.Wanted, part.FirstRow, part.RowCount, part.FirstColumn, part.Columns);
        return new(part, order, Permuted(part.Covariance, order, both: true), Permuted(wanted, order, both: false));
    }

    /// <summary>A matrix with its blocks of columns, and of rows too if both, in another order.</summary>
    Tensor<float> Permuted(Tensor<float> matrix, int[] order, bool both)
    {
        var result = Tensor<float>.Rent(host, matrix.Shape);
        int[] places = [.. order.SelectMany(b => Enumerable.Range(b * d, d))];
        fixed (int* at = places)
            host.For(matrix.Shape[0], new PermuteRow(matrix.Pointer, result.Pointer, matrix.Shape[1], at, both));
        return result;
    }

    /// <summary>Assigns blocks [first, last) of all rows, then feeds their errors back to all blocks before them.</summary>
    void AssignGroup(OrderedPart part, MetricCode code, Tensor<float> feedback, int[] codes, int first, int last)
    {
        using var scope = host.BeginScope();
        int start = first * d,
            width = (last - first) * d,
            padded = CodeSearch.Padded(code.K);
        var errors = Tensor<float>.Rent(host, [part.Part.RowCount, width]);
        float[] words = new float[(last - first) * d * padded],
            halves = new float[(last - first) * padded];
        for (int b = first; b < last; b++)
        {
            var table = WordTable.Of(code.Codebook, Lower(part.Factor, b * d), d);
            table.Words.CopyTo(words, (b - first) * d * padded);
            table.Halves.CopyTo(halves, (b - first) * padded);
        }

        fixed (
            float* w = words,
                h = halves,
                book = code.Codebook
        )
        fixed (
            int* o = part.Order,
                c = codes
        )
            host.For(
                part.Part.RowCount,
                new AssignRow(
                    part.Factor.Pointer,
                    part.Wanted.Pointer,
                    feedback.Pointer,
                    errors.Pointer,
                    new(part.Part.Columns, d, all, first, last, padded),
                    w,
                    h,
                    book,
                    o,
                    c + ((nint)part.Part.FirstRow * all) + (part.Part.FirstColumn / d)
                )
            );
        if (start == 0)
            return;
        var product = MatMul.Forward(errors, Rows.Part(part.Factor, start, width, 0, start));
        host.For(part.Part.RowCount, new AddRow(product.Pointer, start, feedback.Pointer, part.Part.Columns));
    }

    double[] Lower(Tensor<float> factor, int start)
    {
        double[] block = BlockMetric.Of(factor, start, d);
        for (int i = 0; i < d; i++)
        for (int j = i + 1; j < d; j++)
            block[(i * d) + j] = 0;
        return block;
    }

    /// <summary>Sizes of a group; codes of a row are <paramref name="CodeStride"/> after those of the row before.</summary>
    readonly record struct Sizes(int Columns, int D, int CodeStride, int First, int Last, int Padded);

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
                codes[((nint)item * sizes.CodeStride) + order[b]] = best;
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
