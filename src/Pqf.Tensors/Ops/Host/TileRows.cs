using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pqf.Tensors;

/// <summary>Moves of floats between rows and tiles.</summary>
static unsafe class Floats
{
    /// <summary>Sixteen floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy16(float* from, float* to)
    {
        Vector256<float> low = Vector256.Load(from), high = Vector256.Load(from + 8);
        low.Store(to);
        high.Store(to + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Clear16(float* to)
    {
        Vector256<float>.Zero.Store(to);
        Vector256<float>.Zero.Store(to + 8);
    }

    /// <summary>Any number of floats, few mostly: the last vector overlaps the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(float* from, float* to, int count)
    {
        if (count >= 8)
        {
            for (int i = 0; i < count - 8; i += 8)
                Vector256.Load(from + i).Store(to + i);
            Vector256.Load(from + count - 8).Store(to + count - 8);
        }
        else if (count >= 4)
        {
            Vector128<float> low = Vector128.Load(from), high = Vector128.Load(from + count - 4);
            low.Store(to);
            high.Store(to + count - 4);
        }
        else
        {
            for (int i = 0; i < count; i++)
                to[i] = from[i];
        }
    }

    public static void Clear(float* to, int count) => new Span<float>(to, count).Clear();

    /// <summary>A row of <paramref name="count"/> floats to every sixteenth place of a tile, sixteen at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Spread(float* from, float* to, int count, int rows)
    {
        int i = 0;
        for (; i + 16 <= count; i += 16, to += rows * 16)
            Copy16(from + i, to);
        Copy(from + i, to, count - i);
    }
}

/// <summary>The rows of a matrix [M, K].</summary>
readonly unsafe struct MatrixRows(float* matrix, int apart) : ITileRows
{
    public int AheadApart => apart;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(int row, int rows, int k0, int k, float* tile, float* line)
    {
        float* from = matrix + ((nint)row * apart) + k0;
        for (int r = 0; r < rows; r++, from += apart, tile += 16)
            Floats.Spread(from, tile, k, rows);
    }

    public float* Ahead(int row, int k0) => matrix + ((nint)row * apart) + k0;
}

/// <summary>The columns of a matrix [K, M], as rows.</summary>
readonly unsafe struct MatrixColumns(float* matrix, int apart) : ITileRows
{
    public int AheadApart => 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(int row, int rows, int k0, int k, float* tile, float* line)
    {
        float* from = matrix + ((nint)k0 * apart) + row;
        for (int i = 0; i < k; i++, from += apart, tile += 16)
            Floats.Copy(from, tile, rows);
    }

    public float* Ahead(int row, int k0) => null;
}

/// <summary>The input under each output pixel, as a row of taps × channels that is never unfolded in memory.</summary>
readonly unsafe struct ConvRows : ITileRows
{
    readonly ConvGeometry g;
    readonly float* x;
    readonly int channels, outH, outW;

    /// <summary>Terms are counted tap by tap, channels innermost.</summary>
    public ConvRows(ConvGeometry g, float* x, int group)
    {
        this.g = g;
        channels = Math.Max(1, g.GroupInChannels);
        this.x = x + (group * channels);
        (outH, outW) = (g.OutH, g.OutW);
    }

    public int AheadApart => g.InChannels;

    bool IsPointwise => g.Kernel == 1 && g.Stride == 1 && g.Padding == 0;

    public float* Ahead(int row, int k0) => IsPointwise ? x + ((nint)row * g.InChannels) + k0 : null;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(int row, int rows, int k0, int k, float* tile, float* line)
    {
        int n = row / (outH * outW), oy = row / outW % outH, ox = row % outW;
        int tap = k0 / channels, first = k0 - (tap * channels);
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

    /// <summary>Channels in whole vectors: straight into the tile, <paramref name="step"/> floats from one vector to the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void GatherVectors(int n, int oy, int ox, int tap, int channel, int k, float* tile, int step)
    {
        int tapRow = tap / g.Kernel.W, tapColumn = tap - (tapRow * g.Kernel.W);
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
        int length = g.Kernel.W * channels, ix = g.InputColumn(ox, 0);
        int firstInside = Math.Max(0, -ix) * channels, endInside = Math.Min(g.Kernel.W, g.W - ix) * channels;
        for (int tapRow = k0 / length, at = k0 - (tapRow * length); k > 0; tapRow++, at = 0)
        {
            int count = Math.Min(length - at, k), iy = g.InputRow(oy, tapRow);
            int from = Math.Clamp(firstInside - at, 0, count), to = Math.Clamp(endInside - at, from, count);
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
