using ILGPU;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class IndexSelect
{
    static void Gpu(GpuDevice gpu, Tensor<float> x, Tensor<int> index, int outer, int length, int inner, Tensor<float> y) =>
        gpu.Launch(y.Shape.Count, new Kernel(x.View, index.View, y.View, length, index.Shape[0], inner));

    /// <summary>One value of [outer, count, inner]. Bound by memory: 8 bytes an element where slices are contiguous.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<int> order, ArrayView<float> y, int length, int count, int inner) : IKernel
    {
        public void Invoke(int index)
        {
            int q = index % inner, i = index / inner % count, o = index / inner / count;
            y[index] = x[(((o * length) + order[i]) * inner) + q];
        }
    }
}
