using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Elementwise;

public static partial class PRelu
{
    static unsafe void Host(HostDevice host, Tensor<float> x, Tensor<float> slope, Tensor<float> y)
    {
        int channels = x.Shape.Last,
            rows = channels == 0 ? 0 : x.Shape.Count / channels;
        host.For(
            Division.Ceil(rows, Chunks.Rows(channels)),
            new Rows(x.Pointer, slope.Pointer, y.Pointer, rows, channels, slope.Shape.Count == 1 ? 0 : 1)
        );
    }

    static unsafe void PullbackHost(
        HostDevice host,
        Tensor<float> x,
        Tensor<float> slope,
        Tensor<float> dy,
        Tensor<float> dx,
        Tensor<float> products
    )
    {
        int channels = x.Shape.Last,
            rows = channels == 0 ? 0 : x.Shape.Count / channels;
        host.For(
            Division.Ceil(rows, Chunks.Rows(channels)),
            new PullbackRows(
                x.Pointer,
                slope.Pointer,
                dy.Pointer,
                dx.Pointer,
                products.Pointer,
                rows,
                channels,
                slope.Shape.Count == 1 ? 0 : 1
            )
        );
    }

    /// <summary>Some rows. Slopes are 1 float from channel to channel, or 0.</summary>
    readonly unsafe struct Rows(float* x, float* slope, float* y, int rows, int channels, int step) : IHostWork
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
            int c = 0;
            for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
            {
                var value = Vector.Load(x + c);
                Vector.Store(
                    Vector.ConditionalSelect(Vector.LessThan(value, Vector<float>.Zero), value * Slope(slope, c, step), value),
                    y + c
                );
            }

            for (; c < channels; c++)
                y[c] = new LeakyRelu(slope[c * step]).Apply(x[c]);
        }
    }

    readonly unsafe struct PullbackRows(float* x, float* slope, float* dy, float* dx, float* products, int rows, int channels, int step)
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
            int c = 0;
            for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
            {
                var value = Vector.Load(x + at + c);
                var gradient = Vector.Load(dy + at + c);
                Vector.Store(
                    Vector.ConditionalSelect(Vector.LessThanOrEqual(value, Vector<float>.Zero), gradient * Slope(slope, c, step), gradient),
                    dx + at + c
                );
                Vector.Store(
                    Vector.ConditionalSelect(Vector.GreaterThan(value, Vector<float>.Zero), Vector<float>.Zero, value * gradient),
                    products + at + c
                );
            }

            for (; c < channels; c++)
            {
                dx[at + c] = new LeakyRelu(slope[c * step]).Pullback(x[at + c], dy[at + c]);
                products[at + c] = SlopeTerm(x[at + c], dy[at + c]);
            }
        }
    }

    static unsafe Vector<float> Slope(float* slope, int c, int step) => step == 0 ? new Vector<float>(*slope) : Vector.Load(slope + c);
}
