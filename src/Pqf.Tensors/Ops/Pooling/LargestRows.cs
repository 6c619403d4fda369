using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>The largest values of windows, a row of outputs at a time: first those of each column, side by side in a line, then those of
/// each window's columns. Each column is joined once for all windows that have it.</summary>
/// <param name="window">Sizes.</param>
/// <param name="x">[N, H, W, C].</param>
/// <param name="y">[N, H', W', C].</param>
/// <param name="scratch">See <see cref="HostDevice.Scratch"/>; the line takes the place of gathered rows.</param>
readonly unsafe struct LargestRows<S, V>(PoolWindow window, float* x, float* y, byte* scratch) : IHostWork
    where S : struct, ISimd<V>
    where V : unmanaged
{
    /// <summary>Whether a line fits into a thread's scratch memory.</summary>
    public static bool Fits(PoolWindow window) => (long)window.G.W * window.G.InChannels * sizeof(float) <= HostDevice.GatheredSizeBytes;

    public void Invoke(int item, int thread)
    {
        int n = item / window.OutH,
            oy = item % window.OutH;
        Row(window, x + window.G.InputAt(n, 0, 0), oy, y + window.OutputAt(n, oy, 0), Line(scratch, thread));
    }

    /// <summary>A thread's line.</summary>
    public static float* Line(byte* scratch, int thread) => (float*)(scratch + ((long)thread * HostDevice.ScratchSizeBytes));

    /// <summary>One row of outputs of one image.</summary>
    /// <param name="window">Sizes.</param>
    /// <param name="image">The image's first row; rows that the window does not cover need not be there.</param>
    /// <param name="oy">Number of the row.</param>
    /// <param name="to">[W', C], where it goes.</param>
    /// <param name="line">Room for [W, C].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(PoolWindow window, float* image, int oy, float* to, float* line)
    {
        var g = window.G;
        int channels = g.InChannels,
            width = window.OutW,
            kernel = g.Kernel.W,
            dilation = g.Dilation.W,
            length = g.W;
        var (firstRow, endRow) = PoolWindow.Inside(g.InputRow(oy, 0), g.Dilation.H, g.Kernel.H, g.H);
        Join(
            image + ((nint)g.InputRow(oy, firstRow) * length * channels),
            (nint)g.Dilation.H * length * channels,
            endRow - firstRow,
            length * channels,
            line
        );
        for (int ox = 0; ox < width; ox++, to += channels)
        {
            int column = g.InputColumn(ox, 0);
            var (first, end) = PoolWindow.Inside(column, dilation, kernel, length);
            Join(line + ((nint)(column + (first * dilation)) * channels), (nint)dilation * channels, end - first, channels, to);
        }
    }

    /// <summary>The largest of runs of values that lie a step apart, place by place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Join(float* from, nint step, int runs, int count, float* to)
    {
        int i = 0;
        if (runs == 3)
            for (; i <= count - S.Count; i += S.Count)
                S.Store(Larger(Larger(S.Load(from + i), S.Load(from + step + i)), S.Load(from + (2 * step) + i)), to + i);
        else if (runs > 0)
            for (; i <= count - S.Count; i += S.Count)
            {
                V value = S.Load(from + i);
                float* next = from + step + i;
                for (int run = 1; run < runs; run++, next += step)
                    value = Larger(value, S.Load(next));
                S.Store(value, to + i);
            }

        for (; i < count; i++)
        {
            float value = float.NegativeInfinity; // of a window that lies in the padding
            for (int run = 0; run < runs; run++)
                value = MathF.Max(value, from[(run * step) + i]);
            to[i] = value;
        }
    }

    /// <summary>NaN wins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Larger(V a, V b)
    {
        // Of a pair with a NaN, Max gives b: what is missing is the NaN in a.
        V larger = S.Max(a, b);
        return S.Select(S.IsNaN(a), a, larger);
    }
}
