using System.Numerics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Softmax
{
    static unsafe void Host(HostDevice host, Tensor<float> x, Tensor<float> y)
    {
        int classes = x.Shape.Last, rows = x.Shape.Count / classes;
        host.For(ProductSizes.Ceil(rows, Chunks.Rows(classes)), new Rows(x.Pointer, y.Pointer, rows, classes));
    }

    readonly unsafe struct Rows(float* x, float* y, int rows, int classes) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(classes), end = Math.Min(rows, first + Chunks.Rows(classes));
            for (int row = first; row < end; row++)
                Row(x + ((nint)row * classes), y + ((nint)row * classes));
        }

        void Row(float* x, float* y)
        {
            int whole = classes - (classes % Vector<float>.Count), i;
            float max = float.NegativeInfinity, sum = 0;
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
}
