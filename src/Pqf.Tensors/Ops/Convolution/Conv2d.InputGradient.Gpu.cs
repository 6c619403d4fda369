using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution;

public static partial class Conv2d
{
    static void InputGradientGpu(GpuDevice gpu, ConvGeometry geometry, Tensor<float> weight, Tensor<float> dy, Tensor<float> dx) =>
        gpu.Launch(dx.Shape.Count, new InputGradientKernel(dy.View, weight.View, TileOutput.Of(dx, null, Tail.None), geometry));

    /// <summary>One gradient of the input, or one output of a transposed convolution, from all outputs whose windows cover it; neighbours
    /// are neighbouring channels of one pixel: they share dy and read weights kH · kW apart.</summary>
    /// <remarks>2·taps·O / stride² operations for each input; without tiles in shared memory it is bound by the cache, at two loads for
    /// each two operations.</remarks>
    internal readonly struct InputGradientKernel(ArrayView<float> dy, ArrayView<float> weight, TileOutput output, ConvGeometry g) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % g.InChannels,
                pixel = index / g.InChannels;
            int ix = pixel % g.W,
                iy = pixel / g.W % g.H,
                n = pixel / g.W / g.H;
            float sum = 0f;
            for (int a = 0; a < g.Kernel.H; a++)
            {
                int row = iy + g.Padding.H - (a * g.Dilation.H); // of the output, times the stride
                for (int b = 0; b < g.Kernel.W; b++)
                {
                    int column = ix + g.Padding.W - (b * g.Dilation.W);
                    if (
                        row >= 0
                        && column >= 0
                        && row % g.Stride.H == 0
                        && column % g.Stride.W == 0
                        && row / g.Stride.H < g.OutH
                        && column / g.Stride.W < g.OutW
                    )
                        sum += Products(g.OutputAt(n, row / g.Stride.H, column / g.Stride.W), c, a, b);
                }
            }

            output.Store(index, sum);
        }

        float Products(int dyAt, int c, int a, int b)
        {
            int first = c / g.GroupInChannels * g.GroupOutChannels;
            float sum = 0f;
            for (int o = first; o < first + g.GroupOutChannels; o++)
                sum += dy[dyAt + o] * weight[g.WeightAt(o, c % g.GroupInChannels, a, b)];
            return sum;
        }
    }
}
