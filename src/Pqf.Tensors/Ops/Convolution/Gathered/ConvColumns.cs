using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>The input under each tap, as rows of output pixels that are never unfolded in memory: the left operand of the weights'
/// gradient.</summary>
/// <remarks>Rows are counted tap by tap, channels innermost; a tile is that of a column layout, [pixels][so many], of which the first are
/// its rows.</remarks>
readonly unsafe struct ConvColumns<L>(ConvGeometry g, float* x, int group) : ITileRows
    where L : struct, ITileLayout
{
    static int Width => L.Step;

    readonly int channels = Math.Max(1, g.GroupInChannels),
        outH = g.OutH,
        outW = g.OutW;

    public int Run => Width;

    public int PrefetchStride => 0;

    public float* Prefetch(int row, int k0) => null;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(int row, int rows, int k0, int k, float* tile, float* line)
    {
        for (int done = 0; done < rows; )
        {
            int tap = (row + done) / channels,
                channel = row + done - (tap * channels),
                count = Math.Min(rows - done, channels - channel);
            Tap(tap, (group * channels) + channel, count, k0, k, tile + done);
            done += count;
        }
    }

    /// <summary>Some channels under one tap, for pixels of one output row after another.</summary>
    void Tap(int tap, int channel, int count, int pixel, int k, float* to)
    {
        int tapRow = tap / g.Kernel.W,
            tapColumn = tap - (tapRow * g.Kernel.W),
            n = pixel / (outH * outW),
            oy = pixel / outW % outH,
            ox = pixel % outW;
        while (k > 0)
        {
            int length = Math.Min(k, outW - ox),
                iy = g.InputRow(oy, tapRow),
                ix = g.InputColumn(ox, tapColumn);
            // Pixels before the first and from the end on meet the padding.
            int first = ix >= 0 ? 0 : Math.Min(length, Division.Ceil(-ix, g.Stride.W)),
                end = Math.Clamp(Division.Ceil(g.W - ix, g.Stride.W), first, length);
            if ((uint)iy >= (uint)g.H)
                first = end = 0;
            Clear(to, count, first);
            Copy(
                x + g.InputAt(n, iy, ix + (first * g.Stride.W)) + channel,
                g.Stride.W * g.InChannels,
                to + (first * Width),
                count,
                end - first
            );
            Clear(to + (end * Width), count, length - end);
            to += length * Width;
            k -= length;
            ox = 0;
            if (++oy == outH)
                (oy, n) = (0, n + 1);
        }
    }

    static void Clear(float* to, int count, int pixels)
    {
        for (int i = 0; i < pixels; i++, to += Width)
            Floats.Clear(to, count);
    }

    /// <summary>The same few floats of each pixel: two vectors that overlap.</summary>
    static void Copy(float* from, int stride, float* to, int count, int pixels)
    {
        if (count >= 8)
            for (int i = 0; i < pixels; i++, from += stride, to += Width)
            {
                Vector256<float> low = Vector256.Load(from),
                    high = Vector256.Load(from + count - 8);
                low.Store(to);
                high.Store(to + count - 8);
            }
        else
            for (int i = 0; i < pixels; i++, from += stride, to += Width)
                Floats.Copy(from, to, count);
    }
}
