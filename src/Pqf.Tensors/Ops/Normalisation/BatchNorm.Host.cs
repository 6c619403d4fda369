using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class BatchNorm
{
    static unsafe void Host(
        HostDevice host,
        Tensor<float> x,
        Tensor<float> weight,
        Tensor<float> bias,
        Tensor<float> mean,
        Tensor<float> variance,
        float eps,
        Tensor<float>? residual,
        Tail tail,
        Tensor<float> y
    )
    {
        int channels = x.Shape.Last,
            rows = x.Shape.Count / channels;
        using var scale = new Workspace<float>(host, channels);
        for (int c = 0; c < channels; c++)
            scale.Pointer[c] = weight.Pointer[c] / MathF.Sqrt(variance.Pointer[c] + eps);
        host.For(
            Division.Ceil(rows, Chunks.Rows(channels)),
            new Normalise(x.Pointer, mean.Pointer, scale.Pointer, bias.Pointer, y.Pointer, rows, channels)
            {
                Residual = residual is null ? null : residual.Pointer,
                Tail = tail.Host,
            }
        );
    }

    readonly unsafe struct Normalise(float* x, float* mean, float* scale, float* bias, float* y, int rows, int channels) : IHostWork
    {
        /// <summary>Added to the result; null for none.</summary>
        public float* Residual { get; init; }

        /// <summary>Applied last.</summary>
        public HostTail Tail { get; init; }

        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(channels),
                end = Math.Min(rows, first + Chunks.Rows(channels));
            for (int row = first; row < end; row++)
                Row((nint)row * channels);
        }

        void Row(nint at)
        {
            float* from = x + at,
                to = y + at,
                residual = Residual == null ? null : Residual + at;
            int c = 0;
            for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
            {
                var value = ((Vector.Load(from + c) - Vector.Load(mean + c)) * Vector.Load(scale + c)) + Vector.Load(bias + c);
                if (residual != null)
                    value += Vector.Load(residual + c);
                Vector.Store(Tail.Bounds.Apply(value), to + c);
            }

            for (; c < channels; c++)
            {
                float value = ((from[c] - mean[c]) * scale[c]) + bias[c];
                if (residual != null)
                    value += residual[c];
                to[c] = Tail.Bounds.Apply(value);
            }

            Tail.Finish(to, 1, channels, channels);
        }
    }
}
