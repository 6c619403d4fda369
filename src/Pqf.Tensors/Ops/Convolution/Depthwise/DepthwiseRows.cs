using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>Rows of output pixels, vector by vector of their channels, which lie side by side.</summary>
/// <remarks>Where a kernel's weights fit into registers, <see cref="DepthwiseLine"/> computes whole rows of pixels: one load a product.
/// Elsewhere eight pixels run at a time, and of each tap a vector of weights is loaded once for them: nine loads for eight
/// products.</remarks>
readonly unsafe struct DepthwiseRows(DepthwiseGeometry geometry, float* x, float* weight, float* bias, float* y) : IHostWork
{
    const int EightPixelsCount = 8,
        WholeVector = 16,
        LargestVector = 4 * WholeVector;

    // 16 KiB of weights stay in the first-level cache beside the pixels.
    const int ChunkFloats = 4096;

    // 24 KiB of a first-level cache of 32 KiB or more.
    const int CachedFloats = 6 << 10;

    // Bands for each thread, so that one that is late leaves little behind.
    const int BandsPerThread = 4;

    readonly ConvGeometry g = geometry.G;

    /// <summary>[N, H, W, C], or the rows of it that are read, from where its first channel would be.</summary>
    public float* X { get; init; } = x;

    /// <summary>Floats from one pixel of the input to the next.</summary>
    public int XStride { get; init; } = geometry.G.InChannels;

    /// <summary>[N, H', W', C], or the rows of it that are written.</summary>
    public float* Y { get; init; } = y;

    /// <summary>[N, H', W', C] that is added, or null.</summary>
    public float* Residual { get; init; }

    /// <summary>Applied last.</summary>
    public HostTail Tail { get; init; }

    /// <summary>The first channel that is computed: a multiple of <see cref="LargestVector"/>'s half, so that vectors lie as in a run of
    /// all channels.</summary>
    public int FirstChannel { get; init; }

    /// <summary>One past the last channel that is computed.</summary>
    public int EndChannel { get; init; } = geometry.G.InChannels;

    /// <summary>Bands of an image's rows.</summary>
    public int Bands { get; init; } = 1;

    /// <summary>Runs all rows.</summary>
    public void Run(HostDevice host)
    {
        int bands = Math.Clamp(Division.Ceil(BandsPerThread * host.ThreadCount, g.N), 1, geometry.OutH);
        host.For(g.N * bands, this with { Bands = bands });
    }

    public void Invoke(int item, int thread)
    {
        int n = item / Bands,
            band = item % Bands,
            oy = Division.Cut(band, Bands, geometry.OutH),
            end = Division.Cut(band + 1, Bands, geometry.OutH);
        nint row = ((nint)n * g.H) + g.InputRow(oy, 0),
            to = ((nint)n * geometry.OutH) + oy;
        Rows(oy, end - oy, row * g.W * XStride, to * geometry.OutW * g.InChannels);
    }

    /// <summary>Some rows of an image.</summary>
    /// <param name="oy">The first one's number within its image.</param>
    /// <param name="count">How many.</param>
    /// <param name="row">Where the input row under the first one's first tap is, from X on; not read where it lies in the padding.</param>
    /// <param name="to">Where the first one goes, from Y on; its residual is there too.</param>
    public void Rows(int oy, int count, nint row, nint to)
    {
        int channels = g.InChannels,
            width = geometry.OutW,
            lined = Math.Min(EndChannel, LinedChannels()),
            chunk = lined == 0 ? channels : Chunk();
        nint down = (nint)g.Stride.H * g.W * XStride,
            next = (nint)width * channels;
        var inside = geometry.InsideColumns();
        for (int i = 0; i < count && lined < EndChannel; i++)
            Pixels(row + (i * down), to + (i * next), geometry.RowTaps(oy + i), inside, Math.Max(FirstChannel, lined));
        // The few pixels at the ends of long rows: of all channels at once, for a chunk of long rows is but a vector or two.
        bool areLong = chunk < LargestVector;
        for (int i = 0; areLong && i < count; i += AlikeRows(oy + i, count - i))
            Lines(Alike(oy, i, count, row, to), LinePart.Ends, FirstChannel, lined);
        for (int c = FirstChannel; c < EndChannel; c += chunk)
        for (int i = 0, lines; i < count; i += lines)
        {
            int end = Math.Min(EndChannel, c + chunk);
            var rows = Alike(oy, i, count, row, to);
            lines = rows.Count;
            Lines(rows, areLong ? LinePart.Inside : LinePart.All, c, Math.Min(end, lined));
            for (int line = 0; line < lines; line++)
                Tail.Finish(Y + rows.To + (line * NextLine) + c, width, channels, end - c);
        }
    }

    RowsAlike Alike(int oy, int i, int count, nint row, nint to) =>
        new(row + (i * (nint)g.Stride.H * g.W * XStride), to + (i * NextLine), geometry.RowTaps(oy + i), AlikeRows(oy + i, count - i));

    /// <summary>Channels that are computed for all rows before the next ones are: what a row of outputs reads of them stays in the
    /// first-level cache until the next row.</summary>
    int Chunk() => Math.Max(1, CachedFloats / Math.Max(1, g.Kernel.H * g.W) / WholeVector) * WholeVector;

    /// <summary>Channels in whole vectors, if a kernel's weights stay in registers: 0 if they do not.</summary>
    int LinedChannels()
    {
        int vector =
            DepthwiseLine.Fits<Simd256, Vector256<float>>(g.Kernel) ? Simd256.Count
            : Vector512.IsHardwareAccelerated && DepthwiseLine.Fits<Simd512, Vector512<float>>(g.Kernel) ? Simd512.Count
            : int.MaxValue;
        return g.InChannels / vector * vector;
    }

    /// <summary>How many rows from one on stay in the cache and have all their tap rows; 1 for a row that lacks some of them.</summary>
    int AlikeRows(int oy, int most)
    {
        most = Math.Min(most, Math.Max(1, CachedFloats / Math.Max(1, g.W * WholeVector)));
        int rows = 0;
        while (rows < most && geometry.RowTaps(oy + rows) == (0, g.Kernel.H))
            rows++;
        return Math.Max(1, rows);
    }

    /// <summary>Pixels of a row one by one, or eight at a time where none of their taps is in the padding.</summary>
    /// <param name="row">As of <see cref="Rows"/>.</param>
    /// <param name="to">As of <see cref="Rows"/>.</param>
    /// <param name="rows">Tap rows outside of the padding.</param>
    /// <param name="inside">Columns of which no tap is in the padding.</param>
    /// <param name="lined">The first channel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Pixels(nint row, nint to, (int First, int End) rows, (int First, int End) inside, int lined)
    {
        int chunk = Math.Max(LargestVector, ChunkFloats / (g.Kernel.H * g.Kernel.W) / LargestVector * LargestVector);
        for (int c = lined; c < EndChannel; c += chunk)
        for (int ox = 0, count; ox < geometry.OutW; ox += count)
        {
            bool areEight = ox >= inside.First && ox + EightPixelsCount <= inside.End;
            count = areEight ? EightPixelsCount : 1;
            Pixel(row, to, rows, ox, areEight, c, Math.Min(EndChannel, c + chunk));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Pixel(nint row, nint to, (int First, int End) rows, int ox, bool areEight, int c, int end)
    {
        nint channels = g.InChannels,
            from = row + (g.InputColumn(ox, 0) * (nint)XStride);
        to += ox * channels;
        var columns = geometry.ColumnTaps(ox);
        if (Vector512.IsHardwareAccelerated)
            c = Vectors<Simd512, Vector512<float>>(from, to, rows, columns, areEight, c, end);
        c = Vectors<Simd256, Vector256<float>>(from, to, rows, columns, areEight, c, end);
        for (int pixel = 0; c < end && pixel < (areEight ? EightPixelsCount : 1); pixel++)
            Rest(from + (pixel * g.Stride.W * (nint)XStride), to + (pixel * channels), rows, columns, c, end);
    }

    /// <summary>Whole vectors of channels of some rows, one vector after another: all pixels that have the same tap columns at
    /// once.</summary>
    void Lines(RowsAlike rows, LinePart part, int c, int end)
    {
        if (Vector512.IsHardwareAccelerated && DepthwiseLine.Fits<Simd512, Vector512<float>>(g.Kernel))
            c = Lines<Simd512, Vector512<float>>(rows, part, c, end);
        if (DepthwiseLine.Fits<Simd256, Vector256<float>>(g.Kernel))
            Lines<Simd256, Vector256<float>>(rows, part, c, end);
    }

    int Lines<S, V>(RowsAlike rows, LinePart part, int c, int end)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        int tapRows = rows.Taps.End - rows.Taps.First,
            vectors = (end - c) / S.Count;
        var inside = geometry.InsideColumns();
        for (int ox = 0, count; ox < geometry.OutW && vectors > 0; ox += count)
        {
            bool isInside = ox == inside.First && inside.End > ox;
            count = isInside ? inside.End - ox : 1;
            if (part == (isInside ? LinePart.Ends : LinePart.Inside))
                continue;
            var columns = geometry.ColumnTaps(ox);
            if (tapRows > 0 && columns.First < columns.End)
                Line(rows, columns.First, ox, count, c, vectors).Run<S, V>(tapRows, columns.End - columns.First);
            else
                for (int line = 0; line < rows.Count; line++) // no taps: the bias alone
                    Pixel(rows.From, rows.To + (line * NextLine), default, ox, false, c, c + (vectors * S.Count));
        }

        return c + (vectors * S.Count);
    }

    DepthwiseLine Line(RowsAlike rows, int column, int ox, int count, int c, int vectors)
    {
        nint channels = g.InChannels,
            down = (nint)g.Dilation.H * g.W * XStride,
            at = rows.To + (ox * channels) + c;
        return new(
            X + rows.From + (rows.Taps.First * down) + (g.InputColumn(ox, column) * (nint)XStride) + c,
            weight + (((rows.Taps.First * (nint)g.Kernel.W) + column) * channels) + c,
            channels,
            g.Stride.W * (nint)XStride,
            g.Dilation.W * (nint)XStride,
            down,
            Y + at,
            count
        )
        {
            Bias = bias + c,
            Residual = Residual == null ? null : Residual + at,
            WeightDown = g.Kernel.W * channels,
            Vectors = vectors,
            Lines = rows.Count,
            LineDown = (nint)g.Stride.H * g.W * XStride,
            NextLine = NextLine,
            Bounds = Tail.Bounds,
        };
    }

    nint NextLine => (nint)geometry.OutW * g.InChannels;

    /// <summary>Which pixels of rows.</summary>
    enum LinePart
    {
        /// <summary>All of them.</summary>
        All,

        /// <summary>Those of which a tap column is in the padding.</summary>
        Ends,

        /// <summary>The others.</summary>
        Inside,
    }

    /// <summary>Rows of outputs that have the same tap rows outside of the padding.</summary>
    /// <param name="From">Where the input row under the first one's first tap is, from X on.</param>
    /// <param name="To">Where the first one goes, from Y on.</param>
    /// <param name="Taps">The tap rows.</param>
    /// <param name="Count">Rows.</param>
    readonly record struct RowsAlike(nint From, nint To, (int First, int End) Taps, int Count);

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
            step = g.Stride.W * (nint)XStride,
            right = g.Dilation.W * (nint)XStride,
            down = (nint)g.Dilation.H * g.W * XStride;
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

        float* q = Y + to;
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
            right = g.Dilation.W * (nint)XStride,
            down = (nint)g.Dilation.H * g.W * XStride;
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

        S.Store(Tail.Bounds.Clamp<S, V>(a0), Y + to);
        S.Store(Tail.Bounds.Clamp<S, V>(a1), Y + to + S.Count);
        S.Store(Tail.Bounds.Clamp<S, V>(a2), Y + to + (2 * S.Count));
        S.Store(Tail.Bounds.Clamp<S, V>(a3), Y + to + (3 * S.Count));
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
        S.Store(Tail.Bounds.Clamp<S, V>(sum), Y + to);
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
            Y[to + c] = Tail.Bounds.Apply(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    V Start<S, V>(nint to, int c)
        where S : struct, ISimd<V>
        where V : unmanaged => Residual == null ? S.Load(bias + c) : S.Add(S.Load(bias + c), S.Load(Residual + to));

    nint Offset(int a, int b) => (((nint)a * g.Dilation.H * g.W) + (b * g.Dilation.W)) * XStride;
}
