using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Movement;

public static partial class ChannelOrder
{
    static void Gpu(GpuDevice gpu, Tensor<float> x, int n, int rows, int columns, Tensor<float> y) =>
        gpu.Launch(n * rows * columns, new Kernel(x.View, y.View, rows, columns));

    /// <summary>One value of [n, columns, rows]: writes are contiguous, reads are not. Bound by memory: 8 bytes an element where the cache
    /// holds the read rows.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> y, int rows, int columns) : IKernel
    {
        public void Invoke(int index)
        {
            int r = index % rows,
                c = index / rows % columns,
                i = index / rows / columns;
            y[index] = x[(((i * rows) + r) * columns) + c];
        }
    }
}
