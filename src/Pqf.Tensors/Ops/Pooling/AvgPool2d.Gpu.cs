using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Tensors.Ops.Pooling;

public static partial class AvgPool2d
{
    static void Gpu(GpuDevice gpu, ConvGeometry geometry, Tensor<float> x, Tensor<float> y) =>
        gpu.Launch(y.Shape.Count, new Kernel(x.View, y.View, geometry));

    /// <summary>One value; neighbours are neighbouring channels. Bound by memory: 4 bytes an input and an output.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> y, ConvGeometry g) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % g.InChannels,
                pixel = index / g.InChannels;
            int ox = pixel % g.OutW,
                oy = pixel / g.OutW % g.OutH,
                n = pixel / g.OutW / g.OutH;
            float sum = 0f;
            for (int a = 0; a < g.Kernel.H; a++)
            {
                int iy = g.InputRow(oy, a);
                for (int b = 0; b < g.Kernel.W; b++)
                {
                    int ix = g.InputColumn(ox, b);
                    if (iy >= 0 && iy < g.H && ix >= 0 && ix < g.W)
                        sum += x[g.InputAt(n, iy, ix) + c];
                }
            }

            y[index] = sum / (g.Kernel.H * g.Kernel.W);
        }
    }
}
