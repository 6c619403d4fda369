using ILGPU;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public sealed partial class Conv2dPlan
{
    Tensor<float> gpuWeight = null!;
    Tensor<float> gpuBias = null!;

    [Flags]
    internal enum Terms
    {
        None = 0,
        Residual = 1,
        Relu = 2,
    }

    void PackGpu(GpuDevice gpu, Tensor<float> weight, Tensor<float>? bias)
    {
        var (o, i, taps) = (weight.Shape[0], weight.Shape[1], weight.Shape[2] * weight.Shape[3]);
        gpuWeight = Tensor<float>.Rent(gpu, [taps, i, o]);
        gpu.Launch(weight.Shape.Count, new Pack(weight.View, gpuWeight.View, o, i, taps));
        gpuBias = Tensor<float>.Zeros(gpu, [o]);
        if (bias is not null)
            gpu.Launch(o, new Copy(bias.View, gpuBias.View));
    }

    void RunGpu(GpuDevice gpu, ConvGeometry geometry, Tensor<float> x, Tensor<float>? residual, Activation activation, Tensor<float> y)
    {
        var terms = (residual is null ? Terms.None : Terms.Residual) | (activation == Activation.Relu ? Terms.Relu : Terms.None);
        gpu.Launch(y.Shape.Count, new Kernel(x.View, gpuWeight.View, gpuBias.View, (residual ?? y).View, y.View, geometry, terms));
    }

    /// <summary>One weight moved from [O, I, taps] to [taps, I, O], so that neighbouring work items of <see cref="Kernel"/> read neighbouring weights.</summary>
    internal readonly struct Pack(ArrayView<float> weight, ArrayView<float> packed, int outChannels, int inChannels, int taps) : IKernel
    {
        public void Invoke(int index)
        {
            int o = index % outChannels, i = index / outChannels % inChannels, tap = index / outChannels / inChannels;
            packed[index] = weight[(((o * inChannels) + i) * taps) + tap];
        }
    }

    /// <summary>One value copied.</summary>
    internal readonly struct Copy(ArrayView<float> source, ArrayView<float> destination) : IKernel
    {
        public void Invoke(int index) => destination[index] = source[index];
    }

    /// <summary>One output value; neighbours are neighbouring channels of one pixel: they share x and read neighbouring weights. The residual may be y itself.</summary>
    /// <remarks>
    /// 2·taps·I operations for each output on at least 4 bytes for each input, weight and output: bound by arithmetic from some tens of products on;
    /// without tiles in shared memory it is bound by the cache, at two loads for each two operations.
    /// </remarks>
    internal readonly struct Kernel(
        ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias, ArrayView<float> residual, ArrayView<float> y, ConvGeometry g, Terms terms) : IKernel
    {
        public void Invoke(int index)
        {
            int o = index % g.OutChannels, pixel = index / g.OutChannels;
            int ox = pixel % g.OutW, oy = pixel / g.OutW % g.OutH, n = pixel / g.OutW / g.OutH;
            int first = o / g.GroupOutChannels * g.GroupInChannels;
            float sum = 0f;
            for (int a = 0; a < g.Kernel.H; a++)
            {
                int iy = g.InputRow(oy, a);
                for (int b = 0; b < g.Kernel.W; b++)
                {
                    int ix = g.InputColumn(ox, b);
                    if (iy >= 0 && iy < g.H && ix >= 0 && ix < g.W)
                        sum += Products(g.InputAt(n, iy, ix) + first, ((((a * g.Kernel.W) + b) * g.GroupInChannels) * g.OutChannels) + o);
                }
            }

            sum += bias[o];
            if ((terms & Terms.Residual) != 0)
                sum += residual[index];
            y[index] = (terms & Terms.Relu) != 0 ? Relu.Apply(sum) : sum;
        }

        float Products(int xAt, int weightAt)
        {
            float sum = 0f;
            for (int i = 0; i < g.GroupInChannels; i++)
                sum += x[xAt + i] * weight[weightAt + (i * g.OutChannels)];
            return sum;
        }
    }
}
