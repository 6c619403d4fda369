using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Arithmetic;

static partial class SumTo
{
    static unsafe void Host(HostDevice host, Tensor<float> x, int length, int inner, Tensor<float> y)
    {
        int outer = y.Shape.Count / inner,
            perItem = Chunks.Rows(length * inner);
        host.For(Division.Ceil(outer, perItem), new Sums(x.Pointer, y.Pointer, outer, length, inner, perItem));
    }

    /// <summary>Some sums of [outer, length, inner], in double.</summary>
    readonly unsafe struct Sums(float* x, float* y, int outer, int length, int inner, int perItem) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * perItem,
                end = Math.Min(outer, first + perItem);
            for (int o = first; o < end; o++)
                One(x + ((nint)o * length * inner), y + ((nint)o * inner));
        }

        void One(float* x, float* y)
        {
            int i = 0;
            for (; i <= inner - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<double> low = Vector<double>.Zero,
                    high = Vector<double>.Zero;
                for (int k = 0; k < length; k++)
                {
                    Vector.Widen(Vector.Load(x + ((nint)k * inner) + i), out var first, out var second);
                    low += first;
                    high += second;
                }

                Vector.Store(Vector.Narrow(low, high), y + i);
            }

            for (; i < inner; i++)
            {
                double sum = 0;
                for (int k = 0; k < length; k++)
                    sum += x[((nint)k * inner) + i];
                y[i] = (float)sum;
            }
        }
    }
}
