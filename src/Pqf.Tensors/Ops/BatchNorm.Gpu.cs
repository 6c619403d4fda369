using ILGPU;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class BatchNorm
{
    static void Gpu(GpuDevice gpu, Tensor<float> x, Tensor<float> weight, Tensor<float> bias, Tensor<float> mean, Tensor<float> variance, float eps, Tensor<float> y) =>
        gpu.Launch(y.Shape.Count, new Kernel(x.View, weight.View, bias.View, mean.View, variance.View, y.View, eps, x.Shape.Last));

    /// <summary>One value; neighbours are neighbouring channels. Bound by memory: 8 bytes an element, the vectors stay in cache.</summary>
    internal readonly struct Kernel(
        ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias, ArrayView<float> mean, ArrayView<float> variance, ArrayView<float> y, float eps, int channels) : IKernel
    {
        public void Invoke(int index)
        {
            int c = index % channels;
            y[index] = ((x[index] - mean[c]) / MathF.Sqrt(variance[c] + eps) * weight[c]) + bias[c];
        }
    }
}
