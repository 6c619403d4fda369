using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class BatchNorm
{
    static unsafe void PullbackHost(
        HostDevice host,
        Tensor<float> x,
        Tensor<float> weight,
        Tensor<float> mean,
        Tensor<float> variance,
        float eps,
        StatisticsOf source,
        Tail tail,
        Tensor<float>? y,
        Tensor<float> dy,
        BatchNormGradients result
    )
    {
        int channels = x.Shape.Last,
            rows = x.Shape.Count / channels,
            parts = Division.Ceil(rows, Chunks.Rows(channels));
        using var partSums = new Workspace<double>(host, 2L * parts * channels);
        using var sums = new Workspace<double>(host, 2L * channels);
        using var factors = new Workspace<float>(host, 3L * channels);
        host.For(
            parts,
            new GradientSums(
                x.Pointer,
                mean.Pointer,
                tail.Bounds,
                y is null ? null : y.Pointer,
                dy.Pointer,
                result.DSum.Pointer,
                rows,
                channels,
                partSums.Pointer
            )
        );
        host.For(Division.Ceil(2 * channels, Merge.Channels), new Merge(partSums.Pointer, parts, 2 * channels, sums.Pointer));
        float* own = factors.Pointer,
            shift = own + channels,
            slope = shift + channels;
        for (int c = 0; c < channels; c++)
        {
            double inverse = 1 / Math.Sqrt((double)variance.Pointer[c] + eps),
                dBias = sums.Pointer[c],
                dWeight = sums.Pointer[channels + c] * inverse;
            double scale = weight.Pointer[c] * inverse,
                statistics = source == StatisticsOf.Batch ? -scale / rows : 0;
            (result.DBias.Pointer[c], result.DWeight.Pointer[c]) = ((float)dBias, (float)dWeight);
            (own[c], shift[c], slope[c]) = ((float)scale, (float)(statistics * dBias), (float)(statistics * dWeight * inverse));
        }

        host.For(
            parts,
            new InputGradient(x.Pointer, mean.Pointer, result.DSum.Pointer, own, shift, slope, result.DX.Pointer, rows, channels)
        );
    }

    /// <summary>Of one part of the rows: Σ ds [channels], then Σ ds · (x − mean) [channels]; writes ds on the way if there is a
    /// clamp.</summary>
    readonly unsafe struct GradientSums(
        float* x,
        float* mean,
        Bounds bounds,
        float* y,
        float* dy,
        float* dSum,
        int rows,
        int channels,
        double* sums
    ) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(channels),
                count = Math.Min(rows - first, Chunks.Rows(channels));
            nint at = (nint)first * channels;
            double* to = sums + ((nint)item * 2 * channels);
            int c = 0,
                width = 4 * Vector<float>.Count;
            for (; c <= channels - width; c += width)
                FourVectors(at + c, c, count, to + c);
            for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
                OneVector(at + c, c, count, to + c);
            for (; c < channels; c++)
                OneChannel(at + c, c, count, to + c);
        }

        void FourVectors(nint at, int c, int count, double* to)
        {
            int v = Vector<float>.Count;
            Vector<float> m0 = Vector.Load(mean + c),
                m1 = Vector.Load(mean + c + v),
                m2 = Vector.Load(mean + c + (2 * v)),
                m3 = Vector.Load(mean + c + (3 * v));
            Vector<float> s0 = default,
                s1 = default,
                s2 = default,
                s3 = default,
                p0 = default,
                p1 = default,
                p2 = default,
                p3 = default;
            for (int row = 0; row < count; row++, at += channels)
            {
                Add(at, m0, ref s0, ref p0);
                Add(at + v, m1, ref s1, ref p1);
                Add(at + (2 * v), m2, ref s2, ref p2);
                Add(at + (3 * v), m3, ref s3, ref p3);
            }

            Store(s0, p0, to);
            Store(s1, p1, to + v);
            Store(s2, p2, to + (2 * v));
            Store(s3, p3, to + (3 * v));
        }

        void Add(nint at, Vector<float> mean, ref Vector<float> sum, ref Vector<float> products)
        {
            var gradient = Vector.Load(dy + at);
            if (y != null)
            {
                gradient = bounds.Pullback(Vector.Load(y + at), gradient);
                Vector.Store(gradient, dSum + at);
            }

            sum += gradient;
            products += gradient * (Vector.Load(x + at) - mean);
        }

        void Store(Vector<float> sum, Vector<float> products, double* to)
        {
            for (int i = 0; i < Vector<float>.Count; i++)
                (to[i], to[channels + i]) = (sum[i], products[i]);
        }

        /// <summary>The sums of <see cref="OneChannel"/>, to the bit, of as many channels as a vector has.</summary>
        void OneVector(nint at, int c, int count, double* to)
        {
            Vector.Widen(Vector.Load(mean + c), out var m0, out var m1);
            Vector<double> s0 = default,
                s1 = default,
                p0 = default,
                p1 = default;
            for (int row = 0; row < count; row++, at += channels)
            {
                var gradient = Vector.Load(dy + at);
                if (y != null)
                {
                    gradient = bounds.Pullback(Vector.Load(y + at), gradient);
                    Vector.Store(gradient, dSum + at);
                }

                Vector.Widen(gradient, out var g0, out var g1);
                Vector.Widen(Vector.Load(x + at), out var x0, out var x1);
                s0 += g0;
                s1 += g1;
                p0 += g0 * (x0 - m0);
                p1 += g1 * (x1 - m1);
            }

            int half = Vector<double>.Count;
            Vector.Store(s0, to);
            Vector.Store(s1, to + half);
            Vector.Store(p0, to + channels);
            Vector.Store(p1, to + channels + half);
        }

        void OneChannel(nint at, int c, int count, double* to)
        {
            double sum = 0,
                products = 0;
            for (int row = 0; row < count; row++, at += channels)
            {
                float gradient = y == null ? dy[at] : dSum[at] = bounds.Pullback(y[at], dy[at]);
                sum += gradient;
                products += gradient * ((double)x[at] - mean[c]);
            }

            (to[0], to[channels]) = (sum, products);
        }
    }

    /// <summary>dx = own · ds + shift + slope · (x − mean).</summary>
    readonly unsafe struct InputGradient(
        float* x,
        float* mean,
        float* dSum,
        float* own,
        float* shift,
        float* slope,
        float* dx,
        int rows,
        int channels
    ) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(channels),
                end = Math.Min(rows, first + Chunks.Rows(channels));
            for (int row = first; row < end; row++)
            {
                float* from = x + ((nint)row * channels),
                    gradient = dSum + ((nint)row * channels),
                    to = dx + ((nint)row * channels);
                int c = 0;
                for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
                {
                    var value = (Vector.Load(own + c) * Vector.Load(gradient + c)) + Vector.Load(shift + c);
                    Vector.Store(value + (Vector.Load(slope + c) * (Vector.Load(from + c) - Vector.Load(mean + c))), to + c);
                }

                for (; c < channels; c++)
                    to[c] = (own[c] * gradient[c]) + shift[c] + (slope[c] * (from[c] - mean[c]));
            }
        }
    }
}
