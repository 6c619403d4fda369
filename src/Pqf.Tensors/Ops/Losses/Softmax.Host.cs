using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Losses;

public static partial class Softmax
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
                Row(x + ((nint)row * classes), y + ((nint)row * classes));
        }

        void Row(float* x, float* y)
        {
            int whole = classes - (classes % Vector<float>.Count),
                i;
            float max = float.NegativeInfinity,
                sum = 0;
            for (i = 0; i < classes; i++)
                max = MathF.Max(max, x[i]);
            var sums = Vector<float>.Zero;
            for (i = 0; i < whole; i += Vector<float>.Count)
            {
                var value = Vector.Exp(Vector.Load(x + i) - new Vector<float>(max));
                Vector.Store(value, y + i);
                sums += value;
            }

            for (; i < classes; i++)
                sum += y[i] = MathF.Exp(x[i] - max);
            sum += Vector.Sum(sums);
            for (i = 0; i < classes; i++)
                y[i] /= sum;
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
            int whole = classes - (classes % Vector<float>.Count),
                i;
            var sums = Vector<float>.Zero;
            for (i = 0; i < whole; i += Vector<float>.Count)
                sums += Vector.Load(y + i) * Vector.Load(dy + i);
            float sum = Vector.Sum(sums);
            for (; i < classes; i++)
                sum += y[i] * dy[i];
            for (i = 0; i < whole; i += Vector<float>.Count)
                Vector.Store(Vector.Load(y + i) * (Vector.Load(dy + i) - new Vector<float>(sum)), dx + i);
            for (; i < classes; i++)
                dx[i] = y[i] * (dy[i] - sum);
        }
    }
}
