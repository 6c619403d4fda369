using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Movement;

public static partial class IndexSelect
{
    static void Gpu(GpuDevice gpu, Tensor<float> x, Tensor<int> index, int outer, int length, int inner, Tensor<float> y) =>
        gpu.Launch(y.Shape.Count, new Kernel(x.View, index.View, y.View, length, index.Shape[0], inner));

    /// <summary>One value of [outer, count, inner]. Bound by memory: 8 bytes an element where slices are contiguous.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<int> order, ArrayView<float> y, int length, int count, int inner)
        : IKernel
    {
        public void Invoke(int index)
        {
            int q = index % inner,
                i = index / inner % count,
                o = index / inner / count;
            y[index] = x[(((o * length) + order[i]) * inner) + q];
        }
    }

    static void PullbackGpu(GpuDevice gpu, Sources sources, int outer, int length, int inner, Tensor<float> dy, Tensor<float> dx) =>
        gpu.Launch(
            outer * sources.Target.Shape.Count * inner,
            new PullbackKernel(
                sources.Target.View,
                sources.Start.View,
                sources.Place.View,
                dy.View,
                dx.View,
                sources.Target.Shape.Count,
                length,
                sources.Place.Shape.Count,
                inner
            )
        );

    /// <summary>One value of a slice that was selected: its places in order, without atomics. Bound by memory: 4 bytes a value of either
    /// gradient.</summary>
    internal readonly struct PullbackKernel(
        ArrayView<int> target,
        ArrayView<int> start,
        ArrayView<int> place,
        ArrayView<float> dy,
        ArrayView<float> dx,
        int targets,
        int length,
        int count,
        int inner
    ) : IKernel
    {
        public void Invoke(int index)
        {
            int q = index % inner,
                i = index / inner % targets,
                o = index / inner / targets;
            float sum = 0f;
            for (int at = start[i]; at < start[i + 1]; at++)
                sum += dy[(((o * count) + place[at]) * inner) + q];
            dx[(((o * length) + target[i]) * inner) + q] = sum;
        }
    }
}
