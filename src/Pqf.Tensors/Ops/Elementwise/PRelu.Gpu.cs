using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Elementwise;

public static partial class PRelu
{
    /// <summary>One value. Bound by memory: 8 bytes an element.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> slope, ArrayView<float> y, int slopeCount) : IKernel
    {
        public void Invoke(int index) => y[index] = new LeakyRelu(slope[index % slopeCount]).Apply(x[index]);
    }

    /// <summary>One gradient of x, and what its value adds to its slope's. Bound by memory: 16 bytes an element.</summary>
    internal readonly struct PullbackKernel(
        ArrayView<float> x,
        ArrayView<float> slope,
        ArrayView<float> dy,
        ArrayView<float> dx,
        ArrayView<float> products,
        int slopeCount
    ) : IKernel
    {
        public void Invoke(int index)
        {
            dx[index] = new LeakyRelu(slope[index % slopeCount]).Pullback(x[index], dy[index]);
            products[index] = SlopeTerm(x[index], dy[index]);
        }
    }
}
