using ILGPU;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Map
{
    static void Gpu<TOp>(GpuDevice gpu, Tensor<float> x, Tensor<float> y)
        where TOp : unmanaged, IUnaryOp =>
        gpu.Launch(y.Shape.Count, new Kernel<TOp>(x.View, y.View));

    /// <summary>One value. Bound by memory: 8 bytes an element.</summary>
    internal readonly struct Kernel<TOp>(ArrayView<float> x, ArrayView<float> y) : IKernel
        where TOp : unmanaged, IUnaryOp
    {
        public void Invoke(int index) => y[index] = TOp.Apply(x[index]);
    }
}
