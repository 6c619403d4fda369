using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Tensors.Ops.Convolution;

public static partial class Conv2d
{
    static void WeightGradientGpu(GpuDevice gpu, ConvGeometry geometry, Tensor<float> x, Tensor<float> dy, Tensor<float> dWeight)
    {
        int parts = Division.Ceil(geometry.OutPixels, WeightGradientKernel.PartPixels);
        var sums = Tensor<float>.Rent(gpu, [parts, dWeight.Shape.Count]);
        gpu.Launch(sums.Shape.Count, new WeightGradientKernel(x.View, dy.View, sums.View, geometry));
        Reduce.SumRowsInto(sums, dWeight.Reshape([dWeight.Shape.Count]));
    }

    /// <summary>One weight's products over one part of the output pixels; neighbours are neighbouring taps of one output channel: they
    /// share dy.</summary>
    /// <remarks>2 operations for each pixel and weight; without tiles in shared memory it is bound by the cache, at two loads for each two
    /// operations.</remarks>
    internal readonly struct WeightGradientKernel(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> sums, ConvGeometry g) : IKernel
    {
        public const int PartPixels = 1024;

        public void Invoke(int index)
        {
            int weights = g.OutChannels * g.Taps,
                weight = index % weights,
                first = index / weights * PartPixels,
                end = Math.Min(first + PartPixels, g.OutPixels);
            int b = weight % g.Kernel.W,
                a = weight / g.Kernel.W % g.Kernel.H,
                i = weight / g.Kernel.W / g.Kernel.H % g.GroupInChannels,
                o = weight / g.Taps;
            int channel = (o / g.GroupOutChannels * g.GroupInChannels) + i;
            float sum = 0f;
            for (int pixel = first; pixel < end; pixel++)
            {
                int iy = g.InputRow(pixel / g.OutW % g.OutH, a),
                    ix = g.InputColumn(pixel % g.OutW, b);
                if (iy >= 0 && iy < g.H && ix >= 0 && ix < g.W)
                    sum += dy[(pixel * g.OutChannels) + o] * x[g.InputAt(pixel / g.OutW / g.OutH, iy, ix) + channel];
            }

            sums[index] = sum;
        }
    }
}
