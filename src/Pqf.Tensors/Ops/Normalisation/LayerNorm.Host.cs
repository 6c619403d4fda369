using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class LayerNorm
{
    static unsafe void Host(HostDevice host, Tensor<float> x, Tensor<float> weight, Tensor<float> bias, float eps, Tensor<float> y)
    {
        int channels = x.Shape.Last,
            rows = Rows(x.Shape);
        host.For(
            Division.Ceil(rows, Chunks.Rows(channels)),
            new ForwardRows(x.Pointer, weight.Pointer, bias.Pointer, y.Pointer, rows, channels, eps)
        );
    }

    static unsafe void PullbackHost(
        HostDevice host,
        Tensor<float> x,
        Tensor<float> weight,
        float eps,
        Tensor<float> dy,
        Tensor<float> dx,
        Tensor<float> products
    )
    {
        int channels = x.Shape.Last,
            rows = Rows(x.Shape);
        host.For(
            Division.Ceil(rows, Chunks.Rows(channels)),
            new PullbackRows(x.Pointer, weight.Pointer, dy.Pointer, dx.Pointer, products.Pointer, rows, channels, eps)
        );
    }

    /// <summary>Mean and 1 / √(variance + eps) of one row.</summary>
    static unsafe (float Mean, float Scale) Moments(float* x, int channels, float eps)
    {
        var sums = Vector<float>.Zero;
        int i = 0;
        for (; i <= channels - Vector<float>.Count; i += Vector<float>.Count)
            sums += Vector.Load(x + i);
        float sum = Vector.Sum(sums);
        for (; i < channels; i++)
            sum += x[i];
        float mean = sum / channels;
        var squares = Vector<float>.Zero;
        for (i = 0; i <= channels - Vector<float>.Count; i += Vector<float>.Count)
        {
            var deviation = Vector.Load(x + i) - new Vector<float>(mean);
            squares += deviation * deviation;
        }

        float square = Vector.Sum(squares);
        for (; i < channels; i++)
            square += (x[i] - mean) * (x[i] - mean);
        return (mean, 1 / MathF.Sqrt((square / channels) + eps));
    }

    readonly unsafe struct ForwardRows(float* x, float* weight, float* bias, float* y, int rows, int channels, float eps) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(channels),
                end = Math.Min(rows, first + Chunks.Rows(channels));
            for (int row = first; row < end; row++)
                Row(x + ((nint)row * channels), y + ((nint)row * channels));
        }

        void Row(float* x, float* y)
        {
            var (mean, scale) = Moments(x, channels, eps);
            int c = 0;
            for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
                Vector.Store(
                    ((Vector.Load(x + c) - new Vector<float>(mean)) * scale * Vector.Load(weight + c)) + Vector.Load(bias + c),
                    y + c
                );
            for (; c < channels; c++)
                y[c] = ((x[c] - mean) * scale * weight[c]) + bias[c];
        }
    }

    readonly unsafe struct PullbackRows(float* x, float* weight, float* dy, float* dx, float* products, int rows, int channels, float eps)
        : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(channels),
                end = Math.Min(rows, first + Chunks.Rows(channels));
            for (int row = first; row < end; row++)
                Row((nint)row * channels);
        }

        void Row(nint at)
        {
            var (mean, scale) = Moments(x + at, channels, eps);
            var (sum, sumOfProducts) = Sums(at, mean, scale);
            float meanGradient = sum / channels,
                meanProduct = sumOfProducts / channels;
            int c = 0;
            for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
            {
                var normal = (Vector.Load(x + at + c) - new Vector<float>(mean)) * scale;
                var gradient = Vector.Load(dy + at + c) * Vector.Load(weight + c);
                Vector.Store((gradient - new Vector<float>(meanGradient) - (normal * meanProduct)) * scale, dx + at + c);
            }

            for (; c < channels; c++)
                dx[at + c] = ((dy[at + c] * weight[c]) - meanGradient - ((x[at + c] - mean) * scale * meanProduct)) * scale;
        }

        /// <summary>Sums of the gradients and of their products with the normalised values, which are stored too.</summary>
        (float Sum, float SumOfProducts) Sums(nint at, float mean, float scale)
        {
            Vector<float> sums = Vector<float>.Zero,
                sumsOfProducts = Vector<float>.Zero;
            int c = 0;
            for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
            {
                var normal = (Vector.Load(x + at + c) - new Vector<float>(mean)) * scale;
                var product = normal * Vector.Load(dy + at + c);
                Vector.Store(product, products + at + c);
                sums += Vector.Load(dy + at + c) * Vector.Load(weight + c);
                sumsOfProducts += product * Vector.Load(weight + c);
            }

            float sum = Vector.Sum(sums),
                sumOfProducts = Vector.Sum(sumsOfProducts);
            for (; c < channels; c++)
            {
                float product = (x[at + c] - mean) * scale * dy[at + c];
                products[at + c] = product;
                sum += dy[at + c] * weight[c];
                sumOfProducts += product * weight[c];
            }

            return (sum, sumOfProducts);
        }
    }
}
