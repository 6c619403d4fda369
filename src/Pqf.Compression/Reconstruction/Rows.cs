using System.Numerics;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Compression.Reconstruction;

/// <summary>Loops over rows of numbers.</summary>
static unsafe class Rows
{
    /// <summary>Part of a matrix, as one of its own.</summary>
    public static Tensor<float> Part(Tensor<float> matrix, int firstRow, int rowCount, int firstColumn, int columnCount)
    {
        var part = Tensor<float>.Rent(matrix.Device, [rowCount, columnCount]);
        int stride = matrix.Shape[1];
        ((HostDevice)matrix.Device).For(
            rowCount,
            new CopyRow(matrix.Pointer + ((nint)firstRow * stride) + firstColumn, stride, part.Pointer, columnCount)
        );
        return part;
    }

    /// <summary>Σ a·b.</summary>
    public static float Dot(float* a, float* b, int count)
    {
        Vector<float> first = Vector<float>.Zero,
            second = Vector<float>.Zero;
        int width = Vector<float>.Count,
            i = 0;
        for (; i <= count - (2 * width); i += 2 * width)
        {
            first = Vector.FusedMultiplyAdd(Vector.Load(a + i), Vector.Load(b + i), first);
            second = Vector.FusedMultiplyAdd(Vector.Load(a + i + width), Vector.Load(b + i + width), second);
        }

        float sum = Vector.Sum(first + second);
        for (; i < count; i++)
            sum += a[i] * b[i];
        return sum;
    }

    /// <summary>to += factor · from.</summary>
    public static void AddScaled(float* to, float* from, float factor, int count)
    {
        var factors = new Vector<float>(factor);
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            Vector.Store(Vector.FusedMultiplyAdd(factors, Vector.Load(from + i), Vector.Load(to + i)), to + i);
        for (; i < count; i++)
            to[i] = MathF.FusedMultiplyAdd(factor, from[i], to[i]);
    }

    /// <summary>to += a · from + b · from + …, four rows at once: the target is read and written once.</summary>
    public static void AddScaled(float* to, float* from, nint stride, float* factors, int rows, int count)
    {
        int row = 0;
        for (; row + 4 <= rows; row += 4)
        {
            float* r = from + (row * stride);
            Vector<float> a = new(factors[row]),
                b = new(factors[row + 1]),
                c = new(factors[row + 2]),
                d = new(factors[row + 3]);
            int i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                var sum = Vector.FusedMultiplyAdd(a, Vector.Load(r + i), Vector.Load(to + i));
                sum = Vector.FusedMultiplyAdd(b, Vector.Load(r + stride + i), sum);
                sum = Vector.FusedMultiplyAdd(c, Vector.Load(r + (2 * stride) + i), sum);
                Vector.Store(Vector.FusedMultiplyAdd(d, Vector.Load(r + (3 * stride) + i), sum), to + i);
            }

            for (; i < count; i++)
            for (int q = 0; q < 4; q++)
                to[i] = MathF.FusedMultiplyAdd(factors[row + q], r[(q * stride) + i], to[i]);
        }

        for (; row < rows; row++)
            AddScaled(to, from + (row * stride), factors[row], count);
    }

    /// <summary>to −= from.</summary>
    public static void Subtract(float* to, float* from, int count)
    {
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            Vector.Store(Vector.Load(to + i) - Vector.Load(from + i), to + i);
        for (; i < count; i++)
            to[i] -= from[i];
    }

    readonly struct CopyRow(float* from, int stride, float* to, int count) : IHostWork
    {
        public void Invoke(int item, int thread) =>
            new ReadOnlySpan<float>(from + ((nint)item * stride), count).CopyTo(new(to + ((nint)item * count), count));
    }
}
