using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Elementwise;

public static partial class Add
{
    static unsafe void Host(HostDevice host, Tensor<float> a, Tensor<float> b, Tensor<float> c) =>
        host.For(Chunks.Count(a.Shape.Count), new Sum(a.Pointer, b.Pointer, c.Pointer, a.Shape.Count));

    readonly unsafe struct Sum(float* a, float* b, float* c, int count) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int i = item * Chunks.Floats,
                end = Math.Min(count, i + Chunks.Floats);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(Vector.Load(a + i) + Vector.Load(b + i), c + i);
            for (; i < end; i++)
                c[i] = a[i] + b[i];
        }
    }
}
