using System.Runtime.CompilerServices;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>The input under each output pixel, as a row of taps × channels that is never unfolded in memory.</summary>
readonly unsafe struct ConvRows : ITileRows
{
    readonly ConvGeometry g;
    readonly float* x;
    readonly int channels,
        outH,
        outW;
    readonly bool isPointwise;

    /// <summary>Terms are counted tap by tap, channels innermost.</summary>
    public ConvRows(ConvGeometry g, float* x, int group)
        : this(g, x, group, g.OutH, g.OutW) { }

    /// <summary>As above, for output pixels of other numbers than the padding gives: what lies beyond counts as padding.</summary>
    public ConvRows(ConvGeometry g, float* x, int group, int outH, int outW)
    {
        this.g = g;
        channels = Math.Max(1, g.GroupInChannels);
        this.x = x + (group * channels);
        (this.outH, this.outW) = (outH, outW);
        isPointwise = g.Kernel == 1 && g.Stride == 1 && g.Padding == 0 && outW == g.W && outH == g.H;
    }

    /// <summary>[N, 1, 1, C] that each pixel's channels are multiplied with, or null. Only of a pointwise convolution.</summary>
    public float* Scale { get; init; }

    /// <summary>Floats from one image's scale to the next one's: 0 where all have the same.</summary>
    public int ScaleStride { get; init; }

    public int Run => 16;

    public int PrefetchStride => g.InChannels;

    public float* Prefetch(int row, int k0) => isPointwise ? x + ((nint)row * g.InChannels) + k0 : null;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(int row, int rows, int k0, int k, float* tile, float* line)
    {
        if (isPointwise)
        {
            GatherPixels(row, rows, k0, k, tile, line);
            return;
        }

        int n = row / (outH * outW),
            oy = row / outW % outH,
            ox = row % outW;
        int tap = k0 / channels,
            first = k0 - (tap * channels);
        for (int r = 0; r < rows; r++, tile += 16)
        {
            if (channels % 16 == 0)
            {
                GatherVectors(n, oy, ox, tap, first, k, tile, rows * 16);
            }
            else
            {
                if (g.Groups == 1 && g.Dilation.W == 1)
                    GatherKernelRows(n, oy, ox, k0, k, line);
                else
                    GatherTaps(n, oy, ox, tap, first, k, line);
                Floats.Spread(line, tile, k, rows);
            }

            if (++ox < outW)
                continue;
            ox = 0;
            if (++oy < outH)
                continue;
            oy = 0;
            n++;
        }
    }

    /// <summary>Pixels of a pointwise convolution, whose rows lie in the input as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void GatherPixels(int row, int rows, int k0, int k, float* tile, float* line)
    {
        nint stride = g.InChannels;
        float* from = x + (row * stride) + k0;
        if (Scale == null)
        {
            for (int r = 0; r < rows; r++, tile += 16, from += stride)
                Floats.Spread(from, tile, k, rows);
            return;
        }

        int pixels = outH * outW,
            n = row / pixels,
            left = pixels - (row % pixels);
        float* scale = Scale + ((nint)n * ScaleStride) + k0;
        for (int r = 0; r < rows; r++, tile += 16, from += stride)
        {
            Floats.SpreadProducts(from, scale, line, tile, k, rows);
            if (--left > 0)
                continue;
            left = pixels;
            scale += ScaleStride;
        }
    }

    /// <summary>Channels in whole vectors: straight into the tile, <paramref name="step"/> floats from one vector to the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void GatherVectors(int n, int oy, int ox, int tap, int channel, int k, float* tile, int step)
    {
        int tapRow = tap / g.Kernel.W,
            tapColumn = tap - (tapRow * g.Kernel.W);
        while (k > 0)
        {
            int count = Math.Min(channels - channel, k);
            float* from = Input(n, g.InputRow(oy, tapRow), g.InputColumn(ox, tapColumn));
            if (from == null)
                for (int i = 0; i < count; i += 16, tile += step)
                    Floats.Clear16(tile);
            else
                for (int i = 0; i < count; i += 16, tile += step)
                    Floats.Copy16(from + channel + i, tile);
            k -= count;
            channel = 0;
            if (++tapColumn == g.Kernel.W)
                (tapRow, tapColumn) = (tapRow + 1, 0);
        }
    }

    /// <summary>Any channels: tap by tap into a row.</summary>
    void GatherTaps(int n, int oy, int ox, int tap, int channel, int k, float* line)
    {
        while (k > 0)
        {
            int count = Math.Min(channels - channel, k);
            float* from = Input(n, g.InputRow(oy, tap / g.Kernel.W), g.InputColumn(ox, tap % g.Kernel.W));
            if (from == null)
                Floats.Clear(line, count);
            else
                Floats.Copy(from + channel, line, count);
            k -= count;
            line += count;
            channel = 0;
            tap++;
        }
    }

    /// <summary>All channels, taps side by side: a kernel row is one stretch of the input, cut at the image's edges.</summary>
    void GatherKernelRows(int n, int oy, int ox, int k0, int k, float* line)
    {
        int length = g.Kernel.W * channels,
            ix = g.InputColumn(ox, 0);
        int firstInside = Math.Max(0, -ix) * channels,
            endInside = Math.Min(g.Kernel.W, g.W - ix) * channels;
        for (int tapRow = k0 / length, at = k0 - (tapRow * length); k > 0; tapRow++, at = 0)
        {
            int count = Math.Min(length - at, k),
                iy = g.InputRow(oy, tapRow);
            int from = Math.Clamp(firstInside - at, 0, count),
                to = Math.Clamp(endInside - at, from, count);
            if ((uint)iy >= (uint)g.H)
                from = to = 0;
            if (from > 0)
                Floats.Clear(line, from);
            Floats.Copy(x + g.InputAt(n, iy, ix) + at + from, line + from, to - from);
            if (to < count)
                Floats.Clear(line + to, count - to);
            k -= count;
            line += count;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    float* Input(int n, int iy, int ix) => (uint)iy < (uint)g.H && (uint)ix < (uint)g.W ? x + g.InputAt(n, iy, ix) : null;
}
