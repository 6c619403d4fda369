using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Arithmetic;

static partial class SumTo
{
    /// <summary>One sum of [outer, length, inner]; neighbours are neighbouring inner values. Bound by memory: 4 bytes a term.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> y, int length, int inner) : IKernel
    {
        public void Invoke(int index)
        {
            int at = (index / inner * length * inner) + (index % inner);
            float sum = 0f;
            for (int i = 0; i < length; i++)
                sum += x[at + (i * inner)];
            y[index] = sum;
        }
    }
}
