using System.Numerics;
using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>Pooling of one row of output pixels: all channels of a pixel side by side.</summary>
/// <param name="window">Sizes.</param>
/// <param name="x">[N, H, W, C].</param>
/// <param name="y">[N, H', W', C].</param>
/// <param name="count">What a joined value is divided by.</param>
readonly unsafe struct PoolRows<TOp>(PoolWindow window, float* x, float* y, PoolCount count) : IHostWork
    where TOp : IPoolOp
{
    readonly ConvGeometry g = window.G;

    public static void Run(HostDevice host, PoolWindow window, Tensor<float> x, Tensor<float> y, PoolCount count) =>
        host.For(window.G.N * window.OutH, new PoolRows<TOp>(window, x.Pointer, y.Pointer, count));

    public void Invoke(int item, int thread) => Row(item / window.OutH, item % window.OutH, y + ((nint)item * window.OutW * g.InChannels));

    /// <summary>One row of an image.</summary>
    /// <param name="n">The image.</param>
    /// <param name="oy">The row.</param>
    /// <param name="to">Where it goes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Row(int n, int oy, float* to)
    {
        int width = window.OutW;
        var (firstRow, endRow) = PoolWindow.Inside(g.InputRow(oy, 0), g.Dilation.H, g.Kernel.H, g.H);
        for (int ox = 0; ox < width; ox++)
        {
            var (firstColumn, endColumn) = PoolWindow.Inside(g.InputColumn(ox, 0), g.Dilation.W, g.Kernel.W, g.W);
            float divisor = count.Of(window, oy, ox, (endRow - firstRow) * (endColumn - firstColumn));
            Pixel(
                x + g.InputAt(n, g.InputRow(oy, firstRow), g.InputColumn(ox, firstColumn)),
                Math.Max(0, endRow - firstRow),
                Math.Max(0, endColumn - firstColumn),
                divisor,
                to + ((nint)ox * g.InChannels)
            );
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Pixel(float* from, int rows, int columns, float divisor, float* to)
    {
        nint down = (nint)g.Dilation.H * g.W * g.InChannels,
            right = (nint)g.Dilation.W * g.InChannels;
        int channels = g.InChannels,
            c = 0;
        for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
        {
            var value = new Vector<float>(TOp.Start);
            for (int a = 0; a < rows; a++)
            for (int b = 0; b < columns; b++)
                value = TOp.Join(value, Vector.Load(from + (a * down) + (b * right) + c));
            Vector.Store(divisor == 1 ? value : value / divisor, to + c);
        }

        for (; c < channels; c++)
        {
            float value = TOp.Start;
            for (int a = 0; a < rows; a++)
            for (int b = 0; b < columns; b++)
                value = TOp.Join(value, from[(a * down) + (b * right) + c]);
            to[c] = value / divisor;
        }
    }
}
