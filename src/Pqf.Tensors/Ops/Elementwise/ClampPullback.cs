using System.Numerics;
using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>The pull-back of a <see cref="Tail"/>'s clamp.</summary>
static class ClampPullback
{
    public static unsafe void Host(HostDevice host, Bounds bounds, Tensor<float> y, Tensor<float> dy, Tensor<float> dx) =>
        host.For(Chunks.Count(y.Shape.Count), new Pull(bounds, y.Pointer, dy.Pointer, dx.Pointer, y.Shape.Count));

    public static void Gpu(GpuDevice gpu, Tail tail, Tensor<float> y, Tensor<float> dy, Tensor<float> dx) =>
        gpu.Launch(y.Shape.Count, new Kernel(y.View, dy.View, dx.View, tail.Low, tail.High));

    readonly unsafe struct Pull(Bounds bounds, float* y, float* dy, float* dx, int count) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int i = item * Chunks.Floats,
                end = Math.Min(count, i + Chunks.Floats);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
                Vector.Store(bounds.Pullback(Vector.Load(y + i), Vector.Load(dy + i)), dx + i);
            for (; i < end; i++)
                dx[i] = bounds.Pullback(y[i], dy[i]);
        }
    }

    /// <summary>One gradient. Bound by memory: 12 bytes an element.</summary>
    internal readonly struct Kernel(ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, float low, float high) : IKernel
    {
        public void Invoke(int index) => dx[index] = Bounds.Pullback(y[index], dy[index], low, high);
    }
}
