using System.Numerics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class BatchNorm
{
    static unsafe void Host(HostDevice host, Tensor<float> x, Tensor<float> weight, Tensor<float> bias, Tensor<float> mean, Tensor<float> variance, float eps, Tensor<float> y)
    {
        int channels = x.Shape.Last;
        if (x.Shape.Count == 0)
            return;
        using var scale = new Workspace<float>(host, channels);
        for (int c = 0; c < channels; c++)
            scale.Pointer[c] = weight.Pointer[c] / MathF.Sqrt(variance.Pointer[c] + eps);
        int rows = x.Shape.Count / channels;
        host.For(ProductSizes.Ceil(rows, Chunks.Rows(channels)), new Normalise(x.Pointer, mean.Pointer, scale.Pointer, bias.Pointer, y.Pointer, rows, channels));
    }

    readonly unsafe struct Normalise(float* x, float* mean, float* scale, float* bias, float* y, int rows, int channels) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(channels), end = Math.Min(rows, first + Chunks.Rows(channels));
            for (int row = first; row < end; row++)
            {
                float* from = x + ((nint)row * channels), to = y + ((nint)row * channels);
                int c = 0;
                for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
                    Vector.Store(((Vector.Load(from + c) - Vector.Load(mean + c)) * Vector.Load(scale + c)) + Vector.Load(bias + c), to + c);
                for (; c < channels; c++)
                    to[c] = ((from[c] - mean[c]) * scale[c]) + bias[c];
            }
        }
    }
}
