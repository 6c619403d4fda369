using System.Numerics;
using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Elementwise;

public static partial class Map
{
    static unsafe void Host<TOp>(HostDevice host, TOp op, Tensor<float> x, Tensor<float> y)
        where TOp : unmanaged, IUnaryOpWithOptions =>
        host.For(Chunks.Count(x.Shape.Count), new Apply<TOp>(op, x.Pointer, y.Pointer, x.Shape.Count));

    static unsafe void PullbackHost<TOp>(HostDevice host, TOp op, Tensor<float> read, Tensor<float> dy, Tensor<float> dx)
        where TOp : unmanaged, IUnaryOpWithOptions =>
        host.For(Chunks.Count(dx.Shape.Count), new Pull<TOp>(op, read.Pointer, dy.Pointer, dx.Pointer, dx.Shape.Count));

    readonly unsafe struct Apply<TOp>(TOp op, float* x, float* y, int count) : IHostWork
        where TOp : unmanaged, IUnaryOpWithOptions
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            int i = item * Chunks.Floats,
                end = Math.Min(count, i + Chunks.Floats);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(op.Apply(Vector.Load(x + i)), y + i);
            for (; i < end; i++)
                y[i] = op.Apply(x[i]);
        }
    }

    readonly unsafe struct Pull<TOp>(TOp op, float* read, float* dy, float* dx, int count) : IHostWork
        where TOp : unmanaged, IUnaryOpWithOptions
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            int i = item * Chunks.Floats,
                end = Math.Min(count, i + Chunks.Floats);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(op.Pullback(Vector.Load(read + i), Vector.Load(dy + i)), dx + i);
            for (; i < end; i++)
                dx[i] = op.Pullback(read[i], dy[i]);
        }
    }
}
