using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>A row of output pixels: eight of them at a time, vector by vector of their channels, which lie side by side.</summary>
/// <remarks>Of each tap a vector of weights is loaded once for eight pixels: nine loads for eight products of vectors. At 9 products a
/// value that is less time than memory takes for the value itself and the one that is read.</remarks>
readonly unsafe struct DepthwiseRows(DepthwiseGeometry geometry, float* x, float* weight, float* bias, float* y) : IHostWork
{
    const int Pixels = 8,
        LargestVector = 64; // four vectors of sixteen floats

    // 16 KiB of weights stay in the first-level cache beside the pixels.
    const int ChunkFloats = 4096;

    readonly ConvGeometry g = geometry.G;

    /// <summary>[N, H, W, C], or the rows of it that are read.</summary>
    public float* X { get; init; } = x;

    /// <summary>[N, H', W', C] that is added, or null.</summary>
    public float* Residual { get; init; }

    /// <summary>Applied last.</summary>
    public HostTail Tail { get; init; }

    /// <summary>Runs all rows.</summary>
    public void Run(HostDevice host) => host.For(g.N * geometry.OutH, this);

    public void Invoke(int item, int thread)
    {
        int n = item / geometry.OutH,
            oy = item % geometry.OutH;
        Row(oy, g.InputAt(n, 0, 0) + ((nint)g.InputRow(oy, 0) * g.W * g.InChannels), (nint)item * geometry.OutW * g.InChannels);
    }

    /// <summary>One row.</summary>
    /// <param name="oy">Its number within its image.</param>
    /// <param name="row">Where the input row under its first tap is, from x on; not read where it lies in the padding.</param>
    /// <param name="to">Where the row goes, from y on; its residual is there too.</param>
    public void Row(int oy, nint row, nint to)
    {
        int channels = g.InChannels,
            chunk = Math.Max(LargestVector, ChunkFloats / (g.Kernel.H * g.Kernel.W) / LargestVector * LargestVector);
        var rows = geometry.RowTaps(oy);
        for (int c = 0; c < channels; c += chunk)
            Channels(row, to, rows, c, Math.Min(channels, c + chunk));
        Tail.Finish(y + to, 1, 0, geometry.OutW * channels);
    }

    /// <summary>Some channels of the row: as many as have their weights in the first-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Channels(nint row, nint to, (int First, int End) rows, int first, int end)
    {
        nint channels = g.InChannels;
        int width = geometry.OutW;
        for (int ox = 0; ox < width; )
        {
            var columns = geometry.ColumnTaps(ox);
            bool isInside = columns == (0, g.Kernel.W) && ox + Pixels <= width;
            isInside = isInside && geometry.ColumnTaps(ox + Pixels - 1) == (0, g.Kernel.W);
            int count = isInside ? Pixels : 1;
            nint from = row + (g.InputColumn(ox, 0) * channels);
            int c = first;
            if (Vector512.IsHardwareAccelerated)
                c = Vectors<Simd512, Vector512<float>>(from, to, rows, columns, isInside, c, end);
            c = Vectors<Simd256, Vector256<float>>(from, to, rows, columns, isInside, c, end);
            for (int pixel = 0; pixel < count && c < end; pixel++)
                Rest(from + (pixel * g.Stride.W * channels), to + (pixel * channels), rows, columns, c, end);
            ox += count;
            to += count * channels;
        }
    }

    /// <summary>As many whole vectors of channels as there are; returns the channel behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    int Vectors<S, V>(nint from, nint to, (int First, int End) rows, (int First, int End) columns, bool isInside, int c, int end)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        if (isInside)
            for (; c <= end - S.Count; c += S.Count)
                EightPixels<S, V>(from + c, to + c, rows, c);
        for (; c <= end - (4 * S.Count); c += 4 * S.Count)
            OnePixel<S, V>(from + c, to + c, rows, columns, c);
        for (; c <= end - S.Count; c += S.Count)
            OneVector<S, V>(from + c, to + c, rows, columns, c);
        return c;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void EightPixels<S, V>(nint from, nint to, (int First, int End) rows, int c)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        nint channels = g.InChannels,
            step = g.Stride.W * channels,
            right = g.Dilation.W * channels,
            down = (nint)g.Dilation.H * g.W * channels;
        V a0 = Start<S, V>(to, c),
            a1 = Start<S, V>(to + channels, c),
            a2 = Start<S, V>(to + (2 * channels), c),
            a3 = Start<S, V>(to + (3 * channels), c),
            a4 = Start<S, V>(to + (4 * channels), c),
            a5 = Start<S, V>(to + (5 * channels), c),
            a6 = Start<S, V>(to + (6 * channels), c),
            a7 = Start<S, V>(to + (7 * channels), c);
        for (int a = rows.First; a < rows.End; a++)
        {
            float* p = X + from + (a * down),
                w = weight + c + (a * g.Kernel.W * channels);
            for (int b = 0; b < g.Kernel.W; b++, p += right, w += channels)
            {
                var tap = S.Load(w);
                a0 = S.MultiplyAdd(S.Load(p), tap, a0);
                a1 = S.MultiplyAdd(S.Load(p + step), tap, a1);
                a2 = S.MultiplyAdd(S.Load(p + (2 * step)), tap, a2);
                a3 = S.MultiplyAdd(S.Load(p + (3 * step)), tap, a3);
                a4 = S.MultiplyAdd(S.Load(p + (4 * step)), tap, a4);
                a5 = S.MultiplyAdd(S.Load(p + (5 * step)), tap, a5);
                a6 = S.MultiplyAdd(S.Load(p + (6 * step)), tap, a6);
                a7 = S.MultiplyAdd(S.Load(p + (7 * step)), tap, a7);
            }
        }

        float* q = y + to;
        S.Store(Tail.Bounds.Clamp<S, V>(a0), q);
        S.Store(Tail.Bounds.Clamp<S, V>(a1), q + channels);
        S.Store(Tail.Bounds.Clamp<S, V>(a2), q + (2 * channels));
        S.Store(Tail.Bounds.Clamp<S, V>(a3), q + (3 * channels));
        S.Store(Tail.Bounds.Clamp<S, V>(a4), q + (4 * channels));
        S.Store(Tail.Bounds.Clamp<S, V>(a5), q + (5 * channels));
        S.Store(Tail.Bounds.Clamp<S, V>(a6), q + (6 * channels));
        S.Store(Tail.Bounds.Clamp<S, V>(a7), q + (7 * channels));
    }

    /// <summary>Four vectors of one pixel, so that their sums do not wait for one another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void OnePixel<S, V>(nint from, nint to, (int First, int End) rows, (int First, int End) columns, int c)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        nint channels = g.InChannels,
            right = g.Dilation.W * channels,
            down = (nint)g.Dilation.H * g.W * channels;
        int kernelW = g.Kernel.W;
        V a0 = Start<S, V>(to, c),
            a1 = Start<S, V>(to + S.Count, c + S.Count),
            a2 = Start<S, V>(to + (2 * S.Count), c + (2 * S.Count)),
            a3 = Start<S, V>(to + (3 * S.Count), c + (3 * S.Count));
        for (int a = rows.First; a < rows.End; a++)
        {
            float* p = X + from + (a * down) + (columns.First * right),
                w = weight + c + (((a * (nint)kernelW) + columns.First) * channels);
            for (int b = columns.First; b < columns.End; b++, p += right, w += channels)
            {
                a0 = S.MultiplyAdd(S.Load(p), S.Load(w), a0);
                a1 = S.MultiplyAdd(S.Load(p + S.Count), S.Load(w + S.Count), a1);
                a2 = S.MultiplyAdd(S.Load(p + (2 * S.Count)), S.Load(w + (2 * S.Count)), a2);
                a3 = S.MultiplyAdd(S.Load(p + (3 * S.Count)), S.Load(w + (3 * S.Count)), a3);
            }
        }

        S.Store(Tail.Bounds.Clamp<S, V>(a0), y + to);
        S.Store(Tail.Bounds.Clamp<S, V>(a1), y + to + S.Count);
        S.Store(Tail.Bounds.Clamp<S, V>(a2), y + to + (2 * S.Count));
        S.Store(Tail.Bounds.Clamp<S, V>(a3), y + to + (3 * S.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void OneVector<S, V>(nint from, nint to, (int First, int End) rows, (int First, int End) columns, int c)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        var sum = Start<S, V>(to, c);
        for (int a = rows.First; a < rows.End; a++)
        for (int b = columns.First; b < columns.End; b++)
            sum = S.MultiplyAdd(S.Load(X + from + Offset(a, b)), S.Load(weight + c + ((((nint)a * g.Kernel.W) + b) * g.InChannels)), sum);
        S.Store(Tail.Bounds.Clamp<S, V>(sum), y + to);
    }

    /// <summary>Channels that fill no vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Rest(nint from, nint to, (int First, int End) rows, (int First, int End) columns, int c, int end)
    {
        for (; c < end; c++)
        {
            float sum = bias[c] + (Residual == null ? 0 : Residual[to + c]);
            for (int a = rows.First; a < rows.End; a++)
            for (int b = columns.First; b < columns.End; b++)
                sum += X[from + Offset(a, b) + c] * weight[c + ((((nint)a * g.Kernel.W) + b) * g.InChannels)];
            y[to + c] = Tail.Bounds.Apply(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    V Start<S, V>(nint to, int c)
        where S : struct, ISimd<V>
        where V : unmanaged => Residual == null ? S.Load(bias + c) : S.Add(S.Load(bias + c), S.Load(Residual + to));

    nint Offset(int a, int b) => (((nint)a * g.Dilation.H * g.W) + (b * g.Dilation.W)) * g.InChannels;
}
