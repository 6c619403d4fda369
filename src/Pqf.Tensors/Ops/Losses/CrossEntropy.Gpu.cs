using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Losses;

public static partial class CrossEntropy
{
    /// <summary>One row's loss. Bound by memory: 8 bytes an element if the cache holds a row for its three passes.</summary>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> target, ArrayView<float> losses, int classes) : IKernel
    {
        public void Invoke(int index)
        {
            int first = index * classes;
            float max = x[first],
                sum = 0f,
                loss = 0f;
            for (int i = first + 1; i < first + classes; i++)
                max = MathF.Max(max, x[i]); // a NaN may be lost here; its own exponential brings it back into the sum
            for (int i = first; i < first + classes; i++)
                sum += MathF.Exp(x[i] - max);
            float shift = max + MathF.Log(sum);
            for (int i = first; i < first + classes; i++)
                loss += target[i] == 0f ? 0f : target[i] * (shift - x[i]);
            losses[index] = loss;
        }
    }

    /// <summary>One row: from its probabilities to its gradients, in place. Bound by memory: 16 bytes an element.</summary>
    internal readonly struct PullbackKernel(ArrayView<float> target, ArrayView<float> dLoss, ArrayView<float> dx, int rows, int classes)
        : IKernel
    {
        public void Invoke(int index)
        {
            int first = index * classes;
            float sum = 0f,
                factor = dLoss[0] / rows;
            for (int i = first; i < first + classes; i++)
                sum += target[i];
            for (int i = first; i < first + classes; i++)
                dx[i] = ((dx[i] * sum) - target[i]) * factor;
        }
    }
}
