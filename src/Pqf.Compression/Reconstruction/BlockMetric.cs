using Pqf.Tensors;

namespace Pqf.Compression.Reconstruction;

/// <summary>Small matrices [d, d], in double.</summary>
static unsafe class BlockMetric
{
    /// <summary>The block of a covariance on its diagonal.</summary>
    /// <param name="covariance">[D, D].</param>
    /// <param name="first">Its first column.</param>
    /// <param name="d">Its side.</param>
    public static double[] Of(Tensor<float> covariance, int first, int d)
    {
        double[] block = new double[d * d];
        int columns = covariance.Shape[1];
        for (int i = 0; i < d; i++)
        for (int j = 0; j < d; j++)
            block[(i * d) + j] = covariance.Pointer[((nint)(first + i) * columns) + first + j];
        return block;
    }

    /// <summary>Sum of the diagonal.</summary>
    public static double Trace(double[] block, int d)
    {
        double sum = 0;
        for (int i = 0; i < d; i++)
            sum += block[(i * d) + i];
        return sum;
    }

    /// <summary>L with L Lᵀ the matrix; zeros above the diagonal. A pivot that is not positive becomes a very small one.</summary>
    public static double[] Factor(double[] block, int d)
    {
        const double LeastPivot = 1e-12;
        double[] factor = new double[d * d];
        double least = Math.Max(Trace(block, d) / d * LeastPivot, double.Epsilon);
        for (int j = 0; j < d; j++)
        for (int i = j; i < d; i++)
        {
            double sum = block[(i * d) + j];
            for (int q = 0; q < j; q++)
                sum -= factor[(i * d) + q] * factor[(j * d) + q];
            factor[(i * d) + j] = i == j ? Math.Sqrt(Math.Max(sum, least)) : sum / factor[(j * d) + j];
        }

        return factor;
    }

    /// <summary>row · L, for a lower L.</summary>
    public static void TimesLower(ReadOnlySpan<float> row, double[] factor, int d, Span<float> result)
    {
        for (int j = 0; j < d; j++)
        {
            double sum = 0;
            for (int i = j; i < d; i++)
                sum += row[i] * factor[(i * d) + j];
            result[j] = (float)sum;
        }
    }

    /// <summary>row · L⁻¹, for a lower L.</summary>
    public static void OverLower(Span<double> row, double[] factor, int d)
    {
        for (int j = d - 1; j >= 0; j--)
        {
            for (int i = j + 1; i < d; i++)
                row[j] -= row[i] * factor[(i * d) + j];
            row[j] /= factor[(j * d) + j];
        }
    }

    /// <summary>row · (L Lᵀ)⁻¹, for a lower L.</summary>
    public static void Solve(Span<double> row, double[] factor, int d)
    {
        for (int j = 0; j < d; j++)
        {
            for (int i = 0; i < j; i++)
                row[j] -= row[i] * factor[(j * d) + i];
            row[j] /= factor[(j * d) + j];
        }

        OverLower(row, factor, d);
    }
}
