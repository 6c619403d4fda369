using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class Reduce
{
    /// <summary>One pass over memory: mean and squared deviations of each part while it is in the cache, then the parts in order (Chan,
    /// Golub, LeVeque 1979).</summary>
    static unsafe void MeanAndVarianceHost(HostDevice host, Tensor<float> x, Tensor<float> mean, Tensor<float> variance)
    {
        int channels = x.Shape.Last,
            rows = x.Shape.Count / channels,
            partRows = Chunks.Rows(channels),
            parts = Division.Ceil(rows, partRows);
        using var moments = new Workspace<double>(host, 2L * parts * channels);
        host.For(parts, new PartMoments(x.Pointer, rows, channels, moments.Pointer));
        host.For(
            Division.Ceil(channels, Merge.Channels),
            new MergeMoments(moments.Pointer, rows, partRows, channels, mean.Pointer, variance.Pointer)
        );
    }

    /// <summary>Of one part: means [channels], then sums of squared deviations [channels].</summary>
    readonly unsafe struct PartMoments(float* x, int rows, int channels, double* moments) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(channels),
                count = Math.Min(rows - first, Chunks.Rows(channels));
            float* from = x + ((nint)first * channels);
            double* to = moments + ((nint)item * 2 * channels);
            int c = 0,
                width = 4 * Vector<float>.Count;
            for (; c <= channels - width; c += width)
                FourVectors(from + c, count, to + c);
            for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
                OneVector(from + c, count, to + c);
            for (; c < channels; c++)
                OneChannel(from + c, count, to + c);
        }

        void FourVectors(float* from, int count, double* to)
        {
            int v = Vector<float>.Count;
            Vector<float> s0 = default,
                s1 = default,
                s2 = default,
                s3 = default;
            float* end = from + ((nint)count * channels);
            for (float* row = from; row < end; row += channels)
            {
                s0 += Vector.Load(row);
                s1 += Vector.Load(row + v);
                s2 += Vector.Load(row + (2 * v));
                s3 += Vector.Load(row + (3 * v));
            }

            // Deviations from a mean that is rounded: their own sum says by how much it is off.
            Vector<float> n = new(count),
                m0 = s0 / n,
                m1 = s1 / n,
                m2 = s2 / n,
                m3 = s3 / n,
                q0 = default,
                q1 = default,
                q2 = default,
                q3 = default;
            (s0, s1, s2, s3) = (default, default, default, default);
            for (float* row = from; row < end; row += channels)
            {
                Deviation(Vector.Load(row) - m0, ref s0, ref q0);
                Deviation(Vector.Load(row + v) - m1, ref s1, ref q1);
                Deviation(Vector.Load(row + (2 * v)) - m2, ref s2, ref q2);
                Deviation(Vector.Load(row + (3 * v)) - m3, ref s3, ref q3);
            }

            Store(m0, s0, q0, count, to);
            Store(m1, s1, q1, count, to + v);
            Store(m2, s2, q2, count, to + (2 * v));
            Store(m3, s3, q3, count, to + (3 * v));
        }

        static void Deviation(Vector<float> deviation, ref Vector<float> sum, ref Vector<float> squares)
        {
            sum += deviation;
            squares += deviation * deviation;
        }

        void Store(Vector<float> mean, Vector<float> sum, Vector<float> squares, int count, double* to)
        {
            for (int i = 0; i < Vector<float>.Count; i++)
                Store((double)mean[i], sum[i], squares[i], count, to + i);
        }

        void Store(double mean, double sum, double squares, int count, double* to)
        {
            to[0] = mean + (sum / count);
            to[channels] = squares - (sum * sum / count);
        }

        /// <summary>The moments of <see cref="OneChannel"/>, to the bit, of as many channels as a vector has.</summary>
        void OneVector(float* from, int count, double* to)
        {
            Vector<double> m0 = default,
                m1 = default,
                s0 = default,
                s1 = default,
                q0 = default,
                q1 = default,
                n = new(count);
            float* end = from + ((nint)count * channels);
            for (float* row = from; row < end; row += channels)
            {
                Vector.Widen(Vector.Load(row), out var x0, out var x1);
                m0 += x0;
                m1 += x1;
            }

            m0 /= n;
            m1 /= n;
            for (float* row = from; row < end; row += channels)
            {
                Vector.Widen(Vector.Load(row), out var x0, out var x1);
                x0 -= m0;
                x1 -= m1;
                s0 += x0;
                s1 += x1;
                q0 += x0 * x0;
                q1 += x1 * x1;
            }

            for (int i = 0; i < Vector<double>.Count; i++)
            {
                Store(m0[i], s0[i], q0[i], count, to + i);
                Store(m1[i], s1[i], q1[i], count, to + Vector<double>.Count + i);
            }
        }

        void OneChannel(float* from, int count, double* to)
        {
            double mean = 0,
                sum = 0,
                squares = 0;
            for (int row = 0; row < count; row++)
                mean += from[(nint)row * channels];
            mean /= count;
            for (int row = 0; row < count; row++)
            {
                double deviation = from[(nint)row * channels] - mean;
                sum += deviation;
                squares += deviation * deviation;
            }

            Store(mean, sum, squares, count, to);
        }
    }

    readonly unsafe struct MergeMoments(double* moments, int rows, int partRows, int channels, float* mean, float* variance) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Merge.Channels,
                end = Math.Min(channels, first + Merge.Channels);
            double* means = stackalloc double[Merge.Channels],
                squares = stackalloc double[Merge.Channels];
            new Span<double>(means, Merge.Channels).Clear();
            new Span<double>(squares, Merge.Channels).Clear();
            for (int before = 0; before < rows; before += partRows)
            {
                int count = Math.Min(partRows, rows - before);
                double* part = moments + ((nint)(before / partRows) * 2 * channels);
                double share = count / ((double)before + count),
                    joint = before * share;
                for (int c = first; c < end; c++)
                {
                    double difference = part[c] - means[c - first];
                    means[c - first] += difference * share;
                    squares[c - first] += part[channels + c] + (difference * difference * joint);
                }
            }

            for (int c = first; c < end; c++)
                (mean[c], variance[c]) = ((float)means[c - first], (float)(squares[c - first] / rows));
        }
    }
}
