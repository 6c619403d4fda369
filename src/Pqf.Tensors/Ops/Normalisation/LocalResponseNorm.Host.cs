using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class LocalResponseNorm
{
    static unsafe void Host(HostDevice host, Window w, Tensor<float> x, Tensor<float> y)
    {
        int rows = w.Channels == 0 ? 0 : x.Shape.Count / w.Channels;
        host.For(Division.Ceil(rows, RowsOf(w)), new ForwardRows(x.Pointer, y.Pointer, rows, w));
    }

    static unsafe void PullbackHost(HostDevice host, Window w, Tensor<float> x, Tensor<float> dy, Tensor<float> dx)
    {
        int rows = w.Channels == 0 ? 0 : x.Shape.Count / w.Channels;
        using var scope = host.BeginScope();
        var terms = Tensor<float>.Rent(host, x.Shape);
        host.For(Division.Ceil(rows, RowsOf(w)), new PullbackRows(x.Pointer, dy.Pointer, dx.Pointer, terms.Pointer, rows, w));
    }

    // A power costs as much as some ten loads.
    static int RowsOf(Window w) => Math.Max(1, Chunks.Rows(w.Channels) / 8);

    readonly unsafe struct ForwardRows(float* x, float* y, int rows, Window w) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * RowsOf(w),
                end = Math.Min(rows, first + RowsOf(w));
            for (int row = first; row < end; row++)
            {
                float* from = x + ((nint)row * w.Channels),
                    to = y + ((nint)row * w.Channels);
                for (int c = 0; c < w.Channels; c++)
                    to[c] = from[c] * Window.Power(Base(from, c, w), -w.Beta);
            }
        }
    }

    readonly unsafe struct PullbackRows(float* x, float* dy, float* dx, float* terms, int rows, Window w) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * RowsOf(w),
                end = Math.Min(rows, first + RowsOf(w));
            for (int row = first; row < end; row++)
                Row((nint)row * w.Channels);
        }

        void Row(nint at)
        {
            for (int c = 0; c < w.Channels; c++)
            {
                float s = Base(x + at, c, w),
                    power = Window.Power(s, -w.Beta);
                dx[at + c] = dy[at + c] * power;
                terms[at + c] = dy[at + c] * x[at + c] * power / s;
            }

            for (int c = 0; c < w.Channels; c++)
            {
                float sum = 0;
                for (int i = Math.Max(0, c - w.After); i <= Math.Min(w.Channels - 1, c + w.Before); i++)
                    sum += terms[at + i];
                dx[at + c] -= 2 * w.Factor * w.Beta * x[at + c] * sum;
            }
        }
    }

    static unsafe float Base(float* x, int c, Window w)
    {
        float sum = 0;
        for (int i = Math.Max(0, c - w.Before); i <= Math.Min(w.Channels - 1, c + w.After); i++)
            sum += x[i] * x[i];
        return w.K + (w.Factor * sum);
    }
}
