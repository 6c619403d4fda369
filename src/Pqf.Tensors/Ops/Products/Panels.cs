using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Tensors.Ops.Products;

/// <summary>The right operand of a product, in panels [columns / width][K][width] that a tile reads from front to back; missing columns are
/// zeros.</summary>
static unsafe class Panels
{
    /// <summary>Floats that the panels take.</summary>
    public static int Count(int n, int k, int width) => checked(Division.Ceil(n, width) * k * width);

    /// <summary>Packs a matrix [K, N] with rows <paramref name="stride"/> floats apart.</summary>
    public static void FromRows(HostDevice host, float* matrix, int stride, int n, int k, int width, float* panels)
    {
        int parts = Math.Min(Division.Ceil(n, width), 4 * host.ThreadCount);
        host.For(parts, new PackRows(parts, matrix, stride, n, k, width, panels));
    }

    /// <summary>Packs a matrix [N, K] with rows <paramref name="stride"/> floats apart.</summary>
    public static void FromColumns(HostDevice host, float* matrix, int stride, int n, int k, int width, float* panels) =>
        host.For(Division.Ceil(n, width), new PackColumns(matrix, stride, n, k, width, panels));

    /// <summary>From weights [N, channels, taps] to terms counted tap by tap, channels innermost.</summary>
    public static void FromWeights(HostDevice host, float* weights, int n, int channels, int taps, int width, float* panels) =>
        host.For(Division.Ceil(n, width), new PackWeights(weights, n, channels, taps, width, panels));

    /// <summary>Eight rows at a time across some panels: eight streams are read, which the processor fetches ahead.</summary>
    readonly struct PackRows(int parts, float* matrix, int stride, int n, int k, int width, float* panels) : IHostWork
    {
        const int Rows = 8;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            int count = Division.Ceil(n, width);
            int firstColumn = Division.Cut(item, parts, count) * width,
                endColumn = Division.Cut(item + 1, parts, count) * width;
            for (int first = 0; first < k; first += Rows)
            for (int column = firstColumn; column < endColumn; column += width)
                Pack(first, Math.Min(k, first + Rows), column);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        void Pack(int first, int end, int column)
        {
            int count = Math.Min(width, n - column);
            float* to = panels + ((nint)column * k) + ((nint)first * width);
            for (int i = first; i < end; i++, to += width)
            {
                Floats.Copy(matrix + ((nint)i * stride) + column, to, count);
                if (count < width)
                    Floats.Clear(to + count, width - count);
            }
        }
    }

    readonly struct PackColumns(float* matrix, int stride, int n, int k, int width, float* panels) : IHostWork
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            int column = item * width,
                count = Math.Min(width, n - column);
            float* to = panels + ((nint)column * k);
            if (count < width)
                Floats.Clear(to, width * k);
            Transposition.Copy(matrix + ((nint)column * stride), stride, count, k, to, width);
        }
    }

    readonly struct PackWeights(float* weights, int n, int channels, int taps, int width, float* panels) : IHostWork
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            int column = item * width,
                count = Math.Min(width, n - column),
                k = channels * taps;
            float* to = panels + ((nint)column * k);
            if (count < width)
                Floats.Clear(to, width * k);
            for (int j = 0; j < count; j++)
            {
                float* from = weights + ((nint)(column + j) * k);
                for (int c = 0; c < channels; c++)
                for (int tap = 0; tap < taps; tap++)
                    to[(((tap * channels) + c) * width) + j] = *from++;
            }
        }
    }
}
