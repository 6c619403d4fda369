using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Updates;

public static partial class AdamUpdate
{
    /// <summary>One parameter. Bound by memory: 28 bytes an element.</summary>
    internal readonly struct Kernel(
        ArrayView<float> parameter,
        ArrayView<float> gradient,
        ArrayView<float> average,
        ArrayView<float> squares,
        AdamStep step
    ) : IKernel
    {
        public void Invoke(int index)
        {
            float g = gradient[index];
            float m = (average[index] * step.Beta1) + (g * (1f - step.Beta1));
            float v = (squares[index] * step.Beta2) + (g * g * (1f - step.Beta2));
            average[index] = m;
            squares[index] = v;
            parameter[index] -= m * step.StepSize / ((MathF.Sqrt(v) * step.RootScale) + step.Eps);
        }
    }
}
