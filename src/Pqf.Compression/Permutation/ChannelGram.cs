using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Compression.Permutation;

/// <summary>Inner products of a weight's columns, in double: all that the covariance of its blocks depends on, under any order of the
/// channels.</summary>
/// <remarks>
/// A weight [rows, channels, taps] has channels · taps columns. Each tap's mean over all rows and channels is taken off first: that changes
/// no covariance,
/// and keeps what is small from being the difference of what is large. 8 · (channels · taps)² bytes; rows · (channels · taps)² / 2
/// products.
/// </remarks>
sealed class ChannelGram
{
    const int Panel = 8;

    // Columns packed at a time: a large weight's are not all there twice over, in double.
    const int PackedBytes = 8 << 20;

    ChannelGram(int rows, int channels, int taps, double[] products, double[] sums)
    {
        (Rows, Channels, Taps) = (rows, channels, taps);
        (Products, Sums) = (products, sums);
    }

    public int Rows { get; }

    public int Channels { get; }

    /// <summary>Columns of one channel.</summary>
    public int Taps { get; }

    /// <summary>[channels · taps, channels · taps].</summary>
    public double[] Products { get; }

    /// <summary>[channels · taps]: sum of each column.</summary>
    public double[] Sums { get; }

    /// <param name="host">Its threads are used.</param>
    /// <param name="weight">[rows, channels · taps], of any type of numbers.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="taps">Columns of one channel.</param>
    public static unsafe ChannelGram Of<T>(HostDevice host, ReadOnlySpan<T> weight, int rows, int channels, int taps)
        where T : unmanaged, INumber<T>
    {
        int columns = channels * taps,
            panels = (columns + Panel - 1) / Panel,
            perGroup = (int)Math.Clamp(PackedBytes / (8L * Panel * rows), 1, panels);
        double[] mean = TapMeans(weight, columns, taps);
        double[] products = GC.AllocateUninitializedArray<double>(checked(columns * columns));
        double[] sums = new double[panels * Panel];
        using Workspace<double> own = new(host, (long)perGroup * rows * Panel),
            others = new(host, (long)perGroup * rows * Panel);
        fixed (T* w = weight)
        fixed (
            double* mu = mean,
                s = sums,
                g = products
        )
            for (int first = 0; first < panels; first += perGroup)
            {
                int count = Math.Min(perGroup, panels - first);
                host.For(count, new Pack<T>(w, mu, rows, columns, taps, first, own.Pointer, s));
                host.For(count, new Multiply(own.Pointer, own.Pointer, first, first, count, rows, columns, g));
                for (int other = first + count; other < panels; other += perGroup)
                {
                    int otherCount = Math.Min(perGroup, panels - other);
                    host.For(otherCount, new Pack<T>(w, mu, rows, columns, taps, other, others.Pointer, null));
                    host.For(count, new Multiply(own.Pointer, others.Pointer, first, other, otherCount, rows, columns, g));
                }
            }

        return new(rows, channels, taps, products, sums);
    }

    static double[] TapMeans<T>(ReadOnlySpan<T> weight, int columns, int taps)
        where T : unmanaged, INumber<T>
    {
        double[] mean = new double[taps];
        for (int start = 0; start < weight.Length; start += columns)
        for (int column = 0; column < columns; column++)
            mean[column % taps] += double.CreateTruncating(weight[start + column]);
        for (int tap = 0; tap < taps; tap++)
            mean[tap] /= weight.Length / taps;
        return mean;
    }

    /// <summary>Eight columns at a time to [rows, 8] in double, and their sums unless they are there already; columns beyond the last are
    /// zero.</summary>
    readonly unsafe struct Pack<T>(T* weight, double* mean, int rows, int columns, int taps, int first, double* packed, double* sums)
        : IHostWork
        where T : unmanaged, INumber<T>
    {
        public void Invoke(int item, int thread)
        {
            double* panel = packed + ((long)item * rows * Panel);
            for (int row = 0; row < rows; row++)
            for (int i = 0, column = (first + item) * Panel; i < Panel; i++, column++)
            {
                double value = column < columns ? double.CreateTruncating(weight[((long)row * columns) + column]) - mean[column % taps] : 0;
                panel[(row * Panel) + i] = value;
                if (sums != null)
                    sums[column] += value;
            }
        }
    }

    /// <summary>The products of one panel with those of the same or a later group, written on both sides of the diagonal.</summary>
    readonly unsafe struct Multiply(
        double* packed,
        double* others,
        int first,
        int firstOther,
        int otherCount,
        int rows,
        int columns,
        double* products
    ) : IHostWork
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            double* tile = stackalloc double[Panel * Panel];
            for (int other = first == firstOther ? item : 0; other < otherCount; other++)
            {
                Tile(packed + ((long)item * rows * Panel), others + ((long)other * rows * Panel), tile);
                for (int i = 0, row = (first + item) * Panel; i < Panel && row < columns; i++, row++)
                for (int j = 0, column = (firstOther + other) * Panel; j < Panel && column < columns; j++, column++)
                {
                    products[((long)row * columns) + column] = tile[(i * Panel) + j];
                    products[((long)column * columns) + row] = tile[(i * Panel) + j];
                }
            }
        }

        /// <summary>8 × 8 products over all rows, in eight registers: enough to hide the latency of a multiply-add.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        void Tile(double* a, double* b, double* tile)
        {
            Vector512<double> c0 = default,
                c1 = default,
                c2 = default,
                c3 = default,
                c4 = default,
                c5 = default,
                c6 = default,
                c7 = default;
            for (int row = 0; row < rows; row++, a += Panel, b += Panel)
            {
                var y = Vector512.Load(b);
                c0 = Vector512.FusedMultiplyAdd(Vector512.Create(a[0]), y, c0);
                c1 = Vector512.FusedMultiplyAdd(Vector512.Create(a[1]), y, c1);
                c2 = Vector512.FusedMultiplyAdd(Vector512.Create(a[2]), y, c2);
                c3 = Vector512.FusedMultiplyAdd(Vector512.Create(a[3]), y, c3);
                c4 = Vector512.FusedMultiplyAdd(Vector512.Create(a[4]), y, c4);
                c5 = Vector512.FusedMultiplyAdd(Vector512.Create(a[5]), y, c5);
                c6 = Vector512.FusedMultiplyAdd(Vector512.Create(a[6]), y, c6);
                c7 = Vector512.FusedMultiplyAdd(Vector512.Create(a[7]), y, c7);
            }

            c0.Store(tile);
            c1.Store(tile + 8);
            c2.Store(tile + 16);
            c3.Store(tile + 24);
            c4.Store(tile + 32);
            c5.Store(tile + 40);
            c6.Store(tile + 48);
            c7.Store(tile + 56);
        }
    }
}
