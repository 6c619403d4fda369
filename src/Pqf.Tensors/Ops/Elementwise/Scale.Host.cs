using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Elementwise;

public static partial class Scale
{
    static unsafe void Host(HostDevice host, Tensor<float> x, float factor, Tensor<float> y) =>
        host.For(Chunks.Count(x.Shape.Count), new Multiply(x.Pointer, factor, y.Pointer, x.Shape.Count));

    readonly unsafe struct Multiply(float* x, float factor, float* y, int count) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int i = item * Chunks.Floats,
                end = Math.Min(count, i + Chunks.Floats);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(Vector.Load(x + i) * factor, y + i);
            for (; i < end; i++)
                y[i] = x[i] * factor;
        }
    }
}
