using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Updates;

public static partial class SgdUpdate
{
    /// <summary>One parameter. Bound by memory: 20 bytes an element.</summary>
    internal readonly struct Kernel(ArrayView<float> parameter, ArrayView<float> gradient, ArrayView<float> velocity, SgdStep step)
        : IKernel
    {
        public void Invoke(int index)
        {
            float v = (velocity[index] * step.Momentum) + (gradient[index] + (parameter[index] * step.WeightDecay));
            velocity[index] = v;
            parameter[index] -= v * step.LearningRate;
        }
    }
}
