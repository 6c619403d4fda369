using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Reduce
{
    static unsafe void SumRowsHost(HostDevice host, Tensor<float> x, Tensor<float> y)
    {
        int channels = x.Shape.Last;
        using var sums = new Workspace<double>(host, channels);
        Sum<Value>(host, x, null, sums.Pointer);
        for (int c = 0; c < channels; c++)
            y.Pointer[c] = (float)sums.Pointer[c];
    }

    static unsafe void MeanAndVarianceHost(HostDevice host, Tensor<float> x, Tensor<float> mean, Tensor<float> variance)
    {
        int channels = x.Shape.Last, rows = x.Shape.Count / channels;
        using var means = new Workspace<double>(host, channels);
        using var squares = new Workspace<double>(host, channels);
        Sum<Value>(host, x, null, means.Pointer);
        for (int c = 0; c < channels; c++)
            mean.Pointer[c] = (float)(means.Pointer[c] /= rows);
        Sum<SquaredDeviation>(host, x, means.Pointer, squares.Pointer);
        for (int c = 0; c < channels; c++)
            variance.Pointer[c] = (float)(squares.Pointer[c] / rows);
    }

    /// <summary>Sums of a term per channel, in double: parts of fixed size, then the parts in order.</summary>
    static unsafe void Sum<TTerm>(HostDevice host, Tensor<float> x, double* means, double* sums)
        where TTerm : ITerm
    {
        int channels = x.Shape.Last, rows = channels == 0 ? 0 : x.Shape.Count / channels, parts = ProductSizes.Ceil(rows, Chunks.Rows(channels));
        using var partSums = new Workspace<double>(host, (long)parts * channels);
        host.For(parts, new Part<TTerm>(x.Pointer, rows, channels, means, partSums.Pointer));
        host.For(ProductSizes.Ceil(channels, Merge.Channels), new Merge(partSums.Pointer, parts, channels, sums));
    }

    /// <summary>What is summed of each value.</summary>
    interface ITerm
    {
        static abstract double Of(double x, double mean);

        static abstract Vector256<double> Of(Vector256<double> x, Vector256<double> mean);
    }

    readonly struct Value : ITerm
    {
        public static double Of(double x, double mean) => x;

        public static Vector256<double> Of(Vector256<double> x, Vector256<double> mean) => x;
    }

    readonly struct SquaredDeviation : ITerm
    {
        public static double Of(double x, double mean) => (x - mean) * (x - mean);

        public static Vector256<double> Of(Vector256<double> x, Vector256<double> mean) => (x - mean) * (x - mean);
    }

    readonly unsafe struct Part<TTerm>(float* x, int rows, int channels, double* means, double* sums) : IHostWork
        where TTerm : ITerm
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(channels), end = Math.Min(rows, first + Chunks.Rows(channels));
            double* to = sums + ((nint)item * channels);
            new Span<double>(to, channels).Clear();
            for (int row = first; row < end; row++)
            {
                float* from = x + ((nint)row * channels);
                int c = 0;
                for (; c <= channels - 4; c += 4)
                {
                    var value = Vector256.WidenLower(Vector128.Load(from + c).ToVector256Unsafe());
                    (Vector256.Load(to + c) + TTerm.Of(value, means == null ? default : Vector256.Load(means + c))).Store(to + c);
                }

                for (; c < channels; c++)
                    to[c] += TTerm.Of(from[c], means == null ? 0 : means[c]);
            }
        }
    }

    readonly unsafe struct Merge(double* partSums, int parts, int channels, double* sums) : IHostWork
    {
        public const int Channels = 64;

        public void Invoke(int item, int thread)
        {
            int first = item * Channels, end = Math.Min(channels, first + Channels);
            new Span<double>(sums + first, end - first).Clear();
            for (int part = 0; part < parts; part++)
                for (int c = first; c < end; c++)
                    sums[c] += partSums[((nint)part * channels) + c];
        }
    }
}
