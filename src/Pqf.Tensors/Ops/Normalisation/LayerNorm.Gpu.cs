using ILGPU;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class LayerNorm
{
    /// <summary>Mean and 1 / √(variance + eps) of one row.</summary>
    static (float Mean, float Scale) Moments(ArrayView<float> x, int first, int channels, float eps)
    {
        float sum = 0f;
        for (int i = first; i < first + channels; i++)
            sum += x[i];
        float mean = sum / channels,
            squares = 0f;
        for (int i = first; i < first + channels; i++)
            squares += (x[i] - mean) * (x[i] - mean);
        return (mean, 1f / MathF.Sqrt((squares / channels) + eps));
    }

    /// <summary>One row. Bound by memory: 8 bytes an element if the cache holds a row for its three passes.</summary>
    internal readonly struct Kernel(
        ArrayView<float> x,
        ArrayView<float> weight,
        ArrayView<float> bias,
        ArrayView<float> y,
        int channels,
        float eps
    ) : IKernel
    {
        public void Invoke(int index)
        {
            int first = index * channels;
            var (mean, scale) = Moments(x, first, channels, eps);
            for (int c = 0; c < channels; c++)
                y[first + c] = ((x[first + c] - mean) * scale * weight[c]) + bias[c];
        }
    }

    /// <summary>One row's gradient, and what it adds to the weight's. Bound by memory: 16 bytes an element if the cache holds a row for its
    /// four passes.</summary>
    internal readonly struct PullbackKernel(
        ArrayView<float> x,
        ArrayView<float> weight,
        ArrayView<float> dy,
        ArrayView<float> dx,
        ArrayView<float> products,
        int channels,
        float eps
    ) : IKernel
    {
        public void Invoke(int index)
        {
            int first = index * channels;
            var (mean, scale) = Moments(x, first, channels, eps);
            float sum = 0f,
                sumOfProducts = 0f;
            for (int c = 0; c < channels; c++)
            {
                float normal = (x[first + c] - mean) * scale,
                    gradient = dy[first + c] * weight[c];
                products[first + c] = normal * dy[first + c];
                sum += gradient;
                sumOfProducts += gradient * normal;
            }

            for (int c = 0; c < channels; c++)
            {
                float normal = (x[first + c] - mean) * scale;
                dx[first + c] = ((dy[first + c] * weight[c]) - (sum / channels) - (normal * (sumOfProducts / channels))) * scale;
            }
        }
    }
}
