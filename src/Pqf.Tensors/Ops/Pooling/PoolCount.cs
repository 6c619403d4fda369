using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>What the joined value of a window is divided by.</summary>
enum PoolCount
{
    /// <summary>Nothing.</summary>
    One,

    /// <summary>The pixels of the window that lie within the padded input.</summary>
    Padded,

    /// <summary>The pixels of the window that lie within the input.</summary>
    Inside,
}

/// <summary>The divisors themselves.</summary>
static class PoolCounts
{
    /// <summary>The divisor of one window.</summary>
    /// <param name="count">What counts.</param>
    /// <param name="window">Sizes.</param>
    /// <param name="y">Its output row.</param>
    /// <param name="x">Its output column.</param>
    /// <param name="inside">Its pixels within the input.</param>
    public static int Of(this PoolCount count, PoolWindow window, int y, int x, int inside)
    {
        var g = window.G;
        return count switch
        {
            PoolCount.One => 1,
            PoolCount.Inside => inside,
            _ => Math.Min(g.Kernel.H, g.H + window.End.H - g.InputRow(y, 0))
                * Math.Min(g.Kernel.W, g.W + window.End.W - g.InputColumn(x, 0)),
        };
    }

    /// <summary>For each window, its pixels as a part of what counts.</summary>
    /// <returns>H' · W' numbers, row by row.</returns>
    public static float[] Corrections(PoolCount count, PoolWindow window)
    {
        var g = window.G;
        float[] values = new float[window.OutH * window.OutW];
        for (int i = 0; i < values.Length; i++)
        {
            int y = i / window.OutW,
                x = i % window.OutW,
                top = g.InputRow(y, 0),
                left = g.InputColumn(x, 0),
                rows = Math.Min(g.H, top + g.Kernel.H) - Math.Max(0, top),
                columns = Math.Min(g.W, left + g.Kernel.W) - Math.Max(0, left);
            values[i] = g.Kernel.H * g.Kernel.W / (float)count.Of(window, y, x, rows * columns);
        }

        return values;
    }

    /// <summary>As <see cref="Corrections(PoolCount, PoolWindow)"/>: [1, H', W', 1]; null where all windows are whole.</summary>
    public static Tensor<float>? Corrections(PoolCount count, PoolWindow window, Device device)
    {
        if (count == PoolCount.Padded && window.IsPlain)
            return null;
        float[] values = Corrections(count, window);
        return values.All(value => value == 1) ? null : Tensor<float>.From(device, [1, window.OutH, window.OutW, 1], values);
    }
}
