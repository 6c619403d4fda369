using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Updates;

public static partial class AdamUpdate
{
    static unsafe void Host(
        HostDevice host,
        Tensor<float> parameter,
        Tensor<float> gradient,
        Tensor<float> average,
        Tensor<float> squares,
        AdamStep step
    ) =>
        host.For(
            Chunks.Count(parameter.Shape.Count),
            new Work(parameter.Pointer, gradient.Pointer, average.Pointer, squares.Pointer, parameter.Shape.Count, step)
        );

    readonly unsafe struct Work(float* parameter, float* gradient, float* average, float* squares, int count, AdamStep step) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            var (beta1, beta2, stepSize, rootScale, eps) = step;
            int i = item * Chunks.Floats,
                end = Math.Min(count, i + Chunks.Floats);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                var g = Vector.Load(gradient + i);
                var m = (Vector.Load(average + i) * beta1) + (g * (1 - beta1));
                var v = (Vector.Load(squares + i) * beta2) + (g * g * (1 - beta2));
                Vector.Store(m, average + i);
                Vector.Store(v, squares + i);
                Vector.Store(
                    Vector.Load(parameter + i) - (m * stepSize / ((Vector.SquareRoot(v) * rootScale) + new Vector<float>(eps))),
                    parameter + i
                );
            }

            for (; i < end; i++)
            {
                float g = gradient[i];
                average[i] = (average[i] * beta1) + (g * (1 - beta1));
                squares[i] = (squares[i] * beta2) + (g * g * (1 - beta2));
                parameter[i] -= average[i] * stepSize / ((MathF.Sqrt(squares[i]) * rootScale) + eps);
            }
        }
    }
}
