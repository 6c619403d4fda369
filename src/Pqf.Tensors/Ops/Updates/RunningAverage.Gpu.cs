using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Updates;

public static partial class RunningAverage
{
    /// <summary>One average. Bound by memory: 12 bytes an element.</summary>
    internal readonly struct Kernel(ArrayView<float> average, ArrayView<float> seen, float momentum, float scale) : IKernel
    {
        public void Invoke(int index) => average[index] = ((1f - momentum) * average[index]) + (momentum * (scale * seen[index]));
    }
}
