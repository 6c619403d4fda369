using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Tensors.Ops.Pooling;

public static partial class AvgPool2d
{
    static void PullbackGpu(GpuDevice gpu, ConvGeometry geometry, Tensor<float> dy, Tensor<float> dx) =>
        gpu.Launch(dx.Shape.Count, new PullbackKernel(dy.View, dx.View, geometry));

    /// <summary>One gradient of the input, from all windows over it; neighbours are neighbouring channels. Bound by memory: 4 bytes an
    /// input and an output.</summary>
    internal readonly struct PullbackKernel(ArrayView<float> dy, ArrayView<float> dx, ConvGeometry g) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % g.InChannels,
                pixel = index / g.InChannels;
            int ix = pixel % g.W,
                iy = pixel / g.W % g.H,
                n = pixel / g.W / g.H;
            float sum = 0f;
            for (int oy = g.FirstWindowRow(iy); oy < g.EndWindowRow(iy); oy++)
            for (int ox = g.FirstWindowColumn(ix); ox < g.EndWindowColumn(ix); ox++)
                sum += dy[g.OutputAt(n, oy, ox) + c];
            dx[index] = sum / (g.Kernel.H * g.Kernel.W);
        }
    }
}
