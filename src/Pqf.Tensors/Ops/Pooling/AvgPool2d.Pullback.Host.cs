using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Tensors.Ops.Pooling;

public static partial class AvgPool2d
{
    static unsafe void PullbackHost(HostDevice host, ConvGeometry g, Tensor<float> dy, Tensor<float> dx) =>
        host.For(g.N * g.H, new InputRows(g, dy.Pointer, dx.Pointer));

    /// <summary>One row of the input's gradient.</summary>
    readonly unsafe struct InputRows(ConvGeometry g, float* dy, float* dx) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int n = item / g.H,
                iy = item % g.H;
            for (int ix = 0; ix < g.W; ix++)
                Pixel(n, iy, ix);
        }

        void Pixel(int n, int iy, int ix)
        {
            float* to = dx + g.InputAt(n, iy, ix);
            float divisor = g.Kernel.H * g.Kernel.W;
            int firstRow = g.FirstWindowRow(iy),
                endRow = g.EndWindowRow(iy),
                firstColumn = g.FirstWindowColumn(ix),
                endColumn = g.EndWindowColumn(ix),
                c = 0;
            for (; c <= g.InChannels - Vector<float>.Count; c += Vector<float>.Count)
            {
                var sum = Vector<float>.Zero;
                for (int oy = firstRow; oy < endRow; oy++)
                for (int ox = firstColumn; ox < endColumn; ox++)
                    sum += Vector.Load(dy + g.OutputAt(n, oy, ox) + c);
                Vector.Store(sum / divisor, to + c);
            }

            for (; c < g.InChannels; c++)
            {
                float sum = 0;
                for (int oy = firstRow; oy < endRow; oy++)
                for (int ox = firstColumn; ox < endColumn; ox++)
                    sum += dy[g.OutputAt(n, oy, ox) + c];
                to[c] = sum / divisor;
            }
        }
    }
}
