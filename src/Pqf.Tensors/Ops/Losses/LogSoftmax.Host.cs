using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Losses;

public static partial class LogSoftmax
{
    static unsafe void Host(HostDevice host, Tensor<float> x, Tensor<float> y)
    {
        int classes = x.Shape.Last,
            rows = x.Shape.Count / classes;
        host.For(Division.Ceil(rows, Chunks.Rows(classes)), new Rows(x.Pointer, y.Pointer, rows, classes));
    }

    static unsafe void PullbackHost(HostDevice host, Tensor<float> y, Tensor<float> dy, Tensor<float> dx)
    {
        int classes = y.Shape.Last,
            rows = y.Shape.Count / Math.Max(1, classes);
        host.For(Division.Ceil(rows, Chunks.Rows(classes)), new PullbackRows(y.Pointer, dy.Pointer, dx.Pointer, rows, classes));
    }

    readonly unsafe struct Rows(float* x, float* y, int rows, int classes) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(classes),
                end = Math.Min(rows, first + Chunks.Rows(classes));
            for (int row = first; row < end; row++)
            {
                float* from = x + ((nint)row * classes),
                    to = y + ((nint)row * classes);
                float shift = LogSumExp.Of(from, classes);
                for (int i = 0; i < classes; i++)
                    to[i] = from[i] - shift;
            }
        }
    }

    readonly unsafe struct PullbackRows(float* y, float* dy, float* dx, int rows, int classes) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(classes),
                end = Math.Min(rows, first + Chunks.Rows(classes));
            for (int row = first; row < end; row++)
                Row(y + ((nint)row * classes), dy + ((nint)row * classes), dx + ((nint)row * classes));
        }

        void Row(float* y, float* dy, float* dx)
        {
            float sum = 0;
            for (int i = 0; i < classes; i++)
                sum += dy[i];
            int at = 0;
            for (; at <= classes - Vector<float>.Count; at += Vector<float>.Count)
                Vector.Store(Vector.Load(dy + at) - (Vector.Exp(Vector.Load(y + at)) * sum), dx + at);
            for (; at < classes; at++)
                dx[at] = dy[at] - (MathF.Exp(y[at]) * sum);
        }
    }
}
