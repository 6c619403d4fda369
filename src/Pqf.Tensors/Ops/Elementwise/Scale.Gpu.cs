using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Elementwise;

public static partial class Scale
{
    /// <summary>One product. Bound by memory: 8 bytes an element.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> y, float factor) : IKernel
    {
        public void Invoke(int index) => y[index] = x[index] * factor;
    }
}
