using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>Pooling of one row of output pixels: all channels of a pixel side by side.</summary>
/// <param name="g">Sizes.</param>
/// <param name="x">[N, H, W, C].</param>
/// <param name="y">[N, H', W', C].</param>
/// <param name="divisor">What the joined value is divided by.</param>
readonly unsafe struct PoolRows<TOp>(ConvGeometry g, float* x, float* y, float divisor) : IHostWork
    where TOp : IPoolOp
{
    public static void Run(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float> y, float divisor) =>
        host.For(g.N * g.OutH, new PoolRows<TOp>(g, x.Pointer, y.Pointer, divisor));

    public void Invoke(int item, int thread)
    {
        int n = item / g.OutH,
            oy = item % g.OutH,
            width = g.OutW,
            channels = g.InChannels;
        int firstRow = FirstInside(g.InputRow(oy, 0)),
            endRow = Math.Min(g.Kernel.H, g.H - g.InputRow(oy, 0));
        for (int ox = 0; ox < width; ox++)
        {
            int ix = g.InputColumn(ox, 0),
                firstColumn = FirstInside(ix),
                columns = Math.Min(g.Kernel.W, g.W - ix) - firstColumn;
            float* window = x + g.InputAt(n, g.InputRow(oy, firstRow), ix + firstColumn);
            float* to = y + (((item * (nint)width) + ox) * channels);
            int c = 0;
            for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
            {
                var value = new Vector<float>(TOp.Start);
                for (int a = 0; a < endRow - firstRow; a++)
                for (int b = 0; b < columns; b++)
                    value = TOp.Join(value, Vector.Load(window + ((((nint)a * g.W) + b) * channels) + c));
                Vector.Store(value / divisor, to + c);
            }

            for (; c < channels; c++)
            {
                float value = TOp.Start;
                for (int a = 0; a < endRow - firstRow; a++)
                for (int b = 0; b < columns; b++)
                    value = TOp.Join(value, window[((((nint)a * g.W) + b) * channels) + c]);
                to[c] = value / divisor;
            }
        }
    }

    /// <summary>The first tap that is not in the padding.</summary>
    static int FirstInside(int position) => Math.Max(0, -position);
}
