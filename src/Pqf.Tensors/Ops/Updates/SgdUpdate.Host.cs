using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Updates;

public static partial class SgdUpdate
{
    static unsafe void Host(HostDevice host, Tensor<float> parameter, Tensor<float> gradient, Tensor<float> velocity, SgdStep step) =>
        host.For(
            Chunks.Count(parameter.Shape.Count),
            new Work(parameter.Pointer, gradient.Pointer, velocity.Pointer, parameter.Shape.Count, step)
        );

    readonly unsafe struct Work(float* parameter, float* gradient, float* velocity, int count, SgdStep step) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            var (learningRate, momentum, weightDecay) = step;
            int i = item * Chunks.Floats,
                end = Math.Min(count, i + Chunks.Floats);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                var value = Vector.Load(parameter + i);
                var v = (Vector.Load(velocity + i) * momentum) + (Vector.Load(gradient + i) + (value * weightDecay));
                Vector.Store(v, velocity + i);
                Vector.Store(value - (v * learningRate), parameter + i);
            }

            for (; i < end; i++)
            {
                velocity[i] = (velocity[i] * momentum) + (gradient[i] + (parameter[i] * weightDecay));
                parameter[i] -= velocity[i] * learningRate;
            }
        }
    }
}
