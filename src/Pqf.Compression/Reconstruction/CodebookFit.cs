using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Compression.Reconstruction;

/// <summary>The codebook of least objective for given codes: least squares by conjugate gradients.</summary>
/// <remarks>Preconditioned by each codeword's own block of the normal equations, Σ s_r H_bb over the blocks that use it. The objective
/// falls with every step in exact arithmetic.</remarks>
static unsafe class CodebookFit
{
    // Added to the diagonal of a codeword's block: parts of its own mean, and of the mean of all codewords, for those that are hardly used.
    const double OwnDamping = 1e-4,
        SharedDamping = 1e-6;

    // Steps end once the preconditioned residual falls by less than this.
    const double LeastProgress = 1e-6;

    /// <summary>Runs some steps.</summary>
    /// <param name="host">Where to run.</param>
    /// <param name="metric">The layer.</param>
    /// <param name="code">Codes, and the codebook to begin with.</param>
    /// <param name="steps">How many.</param>
    public static MetricCode Run(HostDevice host, LayerMetric metric, MetricCode code, int steps)
    {
        double[][] factors = Preconditioner(metric, code);
        double[] codebook = Array.ConvertAll(code.Codebook, value => (double)value),
            residual = Residual(host, metric, code),
            direction = Solved(residual, factors, code.D);
        double size = Dot(residual, direction);
        for (int step = 0; step < steps && size > 0; step++)
        {
            double[] product = Product(host, metric, code, direction);
            double curvature = Dot(direction, product);
            if (!(curvature > 0))
                break;
            Add(codebook, direction, size / curvature);
            Add(residual, product, -size / curvature);
            double[] solved = Solved(residual, factors, code.D);
            double next = Dot(residual, solved);
            if (next < LeastProgress * size)
                break;
            for (int i = 0; i < direction.Length; i++)
                direction[i] = solved[i] + (next / size * direction[i]);
            size = next;
        }

        return code with
        {
            Codebook = Array.ConvertAll(codebook, value => (float)value),
        };
    }

    /// <summary>Cholesky factors of each codeword's block of the normal equations.</summary>
    static double[][] Preconditioner(LayerMetric metric, MetricCode code)
    {
        int d = code.D,
            all = metric.Columns / d;
        double[][] blocks = [.. Enumerable.Range(0, code.K).Select(_ => new double[d * d])];
        foreach (var part in metric.Parts)
        {
            double[] uses = new double[code.K];
            for (int b = 0; b < part.Columns / d; b++)
            {
                Array.Clear(uses);
                for (int r = part.FirstRow; r < part.FirstRow + part.RowCount; r++)
                    uses[code.Codes[(r * all) + (part.FirstColumn / d) + b]] += metric.RowWeights[r];
                double[] own = BlockMetric.Of(part.Covariance, b * d, d);
                for (int c = 0; c < uses.Length; c++)
                    if (uses[c] > 0)
                        Add(blocks[c], own, uses[c]);
            }
        }

        double shared = blocks.Average(block => BlockMetric.Trace(block, d) / d);
        foreach (double[] block in blocks)
        {
            double added = (OwnDamping * BlockMetric.Trace(block, d) / d) + (SharedDamping * shared);
            for (int i = 0; i < d; i++)
                block[(i * d) + i] += added;
        }

        return [.. blocks.Select(block => BlockMetric.Factor(block, d))];
    }

    /// <summary>Half the negative gradient: Σ s_r ((w_r − q_r) H) over the blocks of each code.</summary>
    static double[] Residual(HostDevice host, LayerMetric metric, MetricCode code)
    {
        double[] sums = new double[code.Codebook.Length];
        foreach (var part in metric.Parts)
        {
            using var scope = host.BeginScope();
            Scatter(MatMul.Forward(code.Error(host, metric, part), part.Covariance), metric, part, code, sums);
        }

        return sums;
    }

    /// <summary>The normal equations times a direction.</summary>
    static double[] Product(HostDevice host, LayerMetric metric, MetricCode code, double[] direction)
    {
        float[] words = Array.ConvertAll(direction, value => (float)value);
        double[] sums = new double[direction.Length];
        foreach (var part in metric.Parts)
        {
            using var scope = host.BeginScope();
            Scatter(MatMul.Forward(code.Decoded(host, metric, part, words), part.Covariance), metric, part, code, sums);
        }

        return sums;
    }

    static void Scatter(Tensor<float> rows, LayerMetric metric, MetricPart part, MetricCode code, double[] sums)
    {
        int d = code.D,
            all = metric.Columns / d;
        float* value = rows.Pointer;
        for (int r = 0; r < part.RowCount; r++)
        {
            double weight = metric.RowWeights[part.FirstRow + r];
            int first = ((part.FirstRow + r) * all) + (part.FirstColumn / d);
            for (int b = 0; b < part.Columns / d; b++)
            {
                int word = code.Codes[first + b] * d;
                for (int q = 0; q < d; q++, value++)
                    sums[word + q] += weight * *value;
            }
        }
    }

    static double[] Solved(double[] values, double[][] factors, int d)
    {
        double[] solved = [.. values];
        for (int c = 0; c < factors.Length; c++)
            BlockMetric.Solve(solved.AsSpan(c * d, d), factors[c], d);
        return solved;
    }

    static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    static void Add(double[] to, double[] from, double factor)
    {
        for (int i = 0; i < to.Length; i++)
            to[i] += factor * from[i];
    }
}
