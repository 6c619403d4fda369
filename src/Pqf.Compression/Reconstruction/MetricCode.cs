using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Compression.Reconstruction;

/// <summary>Codes and codebook of one layer.</summary>
/// <param name="D">Block length.</param>
/// <param name="Codebook">[k, d].</param>
/// <param name="Codes">[R, m].</param>
sealed unsafe record MetricCode(int D, float[] Codebook, int[] Codes)
{
    /// <summary>k.</summary>
    public int K => Codebook.Length / D;

    /// <summary>The same with its codebook rounded to the half precision of files.</summary>
    public MetricCode Rounded() => this with { Codebook = Array.ConvertAll(Codebook, value => (float)(Half)value) };

    /// <summary>The objective Σ_r s_r (w_r − q_r) H (w_r − q_r)ᵀ.</summary>
    public double Objective(HostDevice host, LayerMetric metric)
    {
        double[] powers = new double[metric.RowCount];
        foreach (var part in metric.Parts)
        {
            using var scope = host.BeginScope();
            AddPowers(Error(host, metric, part), part, powers);
        }

        return Scale(metric, powers);
    }

    /// <summary>The power of each row's output, w_r H w_rᵀ [R].</summary>
    public static double[] Powers(HostDevice host, LayerMetric metric)
    {
        double[] powers = new double[metric.RowCount];
        foreach (var part in metric.Parts)
        {
            using var scope = host.BeginScope();
            AddPowers(Rows.Part(metric.Wanted, part.FirstRow, part.RowCount, part.FirstColumn, part.Columns), part, powers);
        }

        return powers;
    }

    /// <summary>The objective of zeros instead of codes, which errors are compared with.</summary>
    /// <param name="metric">The layer.</param>
    /// <param name="powers">Of its rows' outputs.</param>
    public static double Scale(LayerMetric metric, double[] powers)
    {
        double total = 0;
        for (int r = 0; r < powers.Length; r++)
            total += metric.RowWeights[r] * powers[r];
        return total;
    }

    /// <summary>Wanted values of a part less the decoded ones, in the innermost scope.</summary>
    public Tensor<float> Error(HostDevice host, LayerMetric metric, MetricPart part)
    {
        var error = Decoded(host, metric, part, Codebook);
        var wanted = Rows.Part(metric.Wanted, part.FirstRow, part.RowCount, part.FirstColumn, part.Columns);
        for (int i = 0; i < error.Shape.Count; i++)
            error.Pointer[i] = wanted.Pointer[i] - error.Pointer[i];
        return error;
    }

    /// <summary>The values of a part, decoded by any words, in the innermost scope.</summary>
    public Tensor<float> Decoded(HostDevice host, LayerMetric metric, MetricPart part, float[] words) =>
        Tensor<float>.Filled(
            host,
            [part.RowCount, part.Columns],
            to =>
            {
                int m = part.Columns / D,
                    all = metric.Columns / D;
                for (int r = 0, at = 0; r < part.RowCount; r++)
                {
                    var codes = Codes.AsSpan(((part.FirstRow + r) * all) + (part.FirstColumn / D), m);
                    for (int b = 0; b < m; b++, at += D)
                        words.AsSpan(codes[b] * D, D).CopyTo(to[at..]);
                }
            }
        );

    static void AddPowers(Tensor<float> rows, MetricPart part, double[] powers)
    {
        var products = MatMul.Forward(rows, part.Covariance);
        int columns = rows.Shape[1];
        for (int r = 0; r < part.RowCount; r++)
        {
            float* a = rows.Pointer + ((nint)r * columns),
                b = products.Pointer + ((nint)r * columns);
            double sum = 0;
            for (int i = 0; i < columns; i++)
                sum += (double)a[i] * b[i];
            powers[part.FirstRow + r] += sum;
        }
    }
}
