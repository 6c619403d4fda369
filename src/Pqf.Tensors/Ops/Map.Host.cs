using System.Numerics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Map
{
    static unsafe void Host<TOp>(HostDevice host, Tensor<float> x, Tensor<float> y)
        where TOp : unmanaged, IUnaryOp =>
        host.For(Chunks.Count(x.Shape.Count), new Apply<TOp>(x.Pointer, y.Pointer, x.Shape.Count));

    readonly unsafe struct Apply<TOp>(float* x, float* y, int count) : IHostWork
        where TOp : unmanaged, IUnaryOp
    {
        public void Invoke(int item, int thread)
        {
            int i = item * Chunks.Floats, end = Math.Min(count, i + Chunks.Floats);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(TOp.Apply(Vector.Load(x + i)), y + i);
            for (; i < end; i++)
                y[i] = TOp.Apply(x[i]);
        }
    }
}
