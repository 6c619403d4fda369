using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Losses;

public static partial class Softmax
{
    static void Gpu(GpuDevice gpu, Tensor<float> x, Tensor<float> y) =>
        gpu.Launch(x.Shape.Count / x.Shape.Last, new Kernel(x.View, y.View, x.Shape.Last));

    /// <summary>One row. Bound by memory: 8 bytes an element if the cache holds a row for its three passes.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> y, int classes) : IKernel
    {
        public void Invoke(int index)
        {
            int first = index * classes;
            float max = x[first],
                sum = 0f;
            for (int i = 1; i < classes; i++)
                max = MathF.Max(max, x[first + i]); // a NaN may be lost here; its own exponential brings it back into the sum
            for (int i = 0; i < classes; i++)
            {
                float e = MathF.Exp(x[first + i] - max);
                y[first + i] = e;
                sum += e;
            }

            for (int i = 0; i < classes; i++)
                y[first + i] /= sum;
        }
    }

    static void PullbackGpu(GpuDevice gpu, Tensor<float> y, Tensor<float> dy, Tensor<float> dx) =>
        gpu.Launch(y.Shape.Count / Math.Max(1, y.Shape.Last), new PullbackKernel(y.View, dy.View, dx.View, y.Shape.Last));

    /// <summary>One row. Bound by memory: 12 bytes an element if the cache holds a row for its two passes.</summary>
    internal readonly struct PullbackKernel(ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int classes) : IKernel
    {
        public void Invoke(int index)
        {
            int first = index * classes;
            float sum = 0f;
            for (int i = first; i < first + classes; i++)
                sum += y[i] * dy[i];
            for (int i = first; i < first + classes; i++)
                dx[i] = y[i] * (dy[i] - sum);
        }
    }
}
