using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Compression.Reconstruction;

/// <summary>Cholesky's factorisation of large symmetric matrices on the host, in single precision, block by block: almost all of the work
/// is matrix products.</summary>
static unsafe class Cholesky
{
    // Columns factored at a time, and columns of the rest that are brought up to date by one product.
    const int Block = 128,
        Strip = 512;

    /// <summary>Replaces the lower half of a matrix by L, with L Lᵀ the matrix; what is above the diagonal is left.</summary>
    /// <param name="matrix">[n, n], symmetric, on the host.</param>
    /// <returns>False if the matrix is not positive definite; it is not usable then.</returns>
    public static bool Factor(Tensor<float> matrix)
    {
        var host = (HostDevice)matrix.Device;
        int n = matrix.Shape[0];
        for (int start = 0; start < n; start += Block)
        {
            int width = Math.Min(Block, n - start),
                rest = n - start - width;
            if (!FactorDiagonal(matrix.Pointer, n, start, width))
                return false;
            if (rest == 0)
                return true;
            host.For(rest, new SolveRow(matrix.Pointer, matrix.Pointer, n, start, width, start + width));
            using var scope = host.BeginScope();
            var panel = Rows.Part(matrix, start + width, rest, start, width);
            for (int from = 0; from < rest; from += Strip)
                Subtract(host, matrix, panel, from, Math.Min(Strip, rest - from), start + width);
        }

        return true;
    }

    /// <summary>Replaces rows x by x (L Lᵀ)⁻¹.</summary>
    /// <param name="factor">[n, n]: L in its lower half.</param>
    /// <param name="rows">[r, n].</param>
    public static void Solve(Tensor<float> factor, Tensor<float> rows)
    {
        var host = (HostDevice)factor.Device;
        int n = factor.Shape[0],
            count = rows.Shape[0],
            last = (n - 1) / Block * Block;
        for (int start = 0; start < n; start += Block)
        {
            int width = Math.Min(Block, n - start);
            if (start > 0)
                Add(rows, 0, start, factor, start, width, Transpose.B, start);
            host.For(count, new SolveRow(factor.Pointer, rows.Pointer, n, start, width, 0));
        }

        for (int start = last; start >= 0; start -= Block)
        {
            int width = Math.Min(Block, n - start),
                rest = n - start - width;
            if (rest > 0)
                Add(rows, start + width, rest, factor, start, width, Transpose.None, start);
            host.For(count, new SolveRowBack(factor.Pointer, rows.Pointer, n, start, width));
        }
    }

    /// <summary>rows[:, to…] −= rows[:, from…] · L's block: L[to…, from…]ᵀ, or L[from…, to…].</summary>
    static void Add(Tensor<float> rows, int from, int length, Tensor<float> factor, int to, int width, Transpose transpose, int column)
    {
        var host = (HostDevice)rows.Device;
        using var scope = host.BeginScope();
        var left = Rows.Part(rows, 0, rows.Shape[0], from, length);
        var right = transpose == Transpose.B ? Rows.Part(factor, to, width, from, length) : Rows.Part(factor, from, length, to, width);
        var product = MatMul.Forward(left, right, transpose);
        host.For(rows.Shape[0], new SubtractRow(product.Pointer, width, rows.Pointer + column, rows.Shape[1]));
    }

    /// <summary>Takes panel · panelᵀ off a strip of columns, at and below the diagonal.</summary>
    static void Subtract(HostDevice host, Tensor<float> matrix, Tensor<float> panel, int from, int width, int offset)
    {
        using var scope = host.BeginScope();
        int below = panel.Shape[0] - from,
            n = matrix.Shape[0];
        var product = MatMul.Forward(
            Rows.Part(panel, from, below, 0, panel.Shape[1]),
            Rows.Part(panel, from, width, 0, panel.Shape[1]),
            Transpose.B
        );
        host.For(below, new SubtractRow(product.Pointer, width, matrix.Pointer + ((nint)(offset + from) * n) + offset + from, n));
    }

    /// <summary>The factor of a block on the diagonal, its sums in double.</summary>
    static bool FactorDiagonal(float* matrix, int n, int start, int width)
    {
        float* block = matrix + ((nint)start * n) + start;
        for (int j = 0; j < width; j++)
        {
            float* row = block + ((nint)j * n);
            double pivot = row[j] - Dot(row, row, j);
            if (!(pivot > 0))
                return false;
            double inverse = 1 / Math.Sqrt(pivot);
            row[j] = (float)Math.Sqrt(pivot);
            for (int i = j + 1; i < width; i++)
            {
                float* below = block + ((nint)i * n);
                below[j] = (float)((below[j] - Dot(below, row, j)) * inverse);
            }
        }

        return true;
    }

    static double Dot(float* a, float* b, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }

    /// <summary>x ← x L⁻ᵀ over the columns of one block.</summary>
    readonly struct SolveRow(float* factor, float* rows, int n, int start, int width, int firstRow) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            float* x = rows + ((nint)(firstRow + item) * n) + start;
            for (int j = 0; j < width; j++)
            {
                float* l = factor + ((nint)(start + j) * n) + start;
                x[j] = (x[j] - Rows.Dot(x, l, j)) / l[j];
            }
        }
    }

    /// <summary>x ← x L⁻¹ over the columns of one block.</summary>
    readonly struct SolveRowBack(float* factor, float* rows, int n, int start, int width) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            float* x = rows + ((nint)item * n) + start;
            for (int j = width - 1; j >= 0; j--)
            {
                float* l = factor + ((nint)(start + j) * n) + start;
                x[j] /= l[j];
                Rows.AddScaled(x, l, -x[j], j);
            }
        }
    }

    readonly struct SubtractRow(float* product, int width, float* to, int stride) : IHostWork
    {
        public void Invoke(int item, int thread) => Rows.Subtract(to + ((nint)item * stride), product + ((nint)item * width), width);
    }
}
