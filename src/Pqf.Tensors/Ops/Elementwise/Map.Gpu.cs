using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;

namespace Pqf.Tensors.Ops.Elementwise;

public static partial class Map
{
    static void Gpu<TOp>(GpuDevice gpu, Tensor<float> x, Tensor<float> y)
        where TOp : unmanaged, IUnaryOp => gpu.Launch(y.Shape.Count, new Kernel<TOp>(x.View, y.View));

    /// <summary>One value. Bound by memory: 8 bytes an element.</summary>
    internal readonly struct Kernel<TOp>(ArrayView<float> x, ArrayView<float> y) : IKernel
        where TOp : unmanaged, IUnaryOp
    {
        public void Invoke(int index) => y[index] = TOp.Apply(x[index]);
    }

    static void PullbackGpu<TOp>(GpuDevice gpu, Tensor<float> read, Tensor<float> dy, Tensor<float> dx)
        where TOp : unmanaged, IUnaryOp => gpu.Launch(dx.Shape.Count, new PullbackKernel<TOp>(read.View, dy.View, dx.View));

    /// <summary>One gradient. Bound by memory: 12 bytes an element.</summary>
    internal readonly struct PullbackKernel<TOp>(ArrayView<float> read, ArrayView<float> dy, ArrayView<float> dx) : IKernel
        where TOp : unmanaged, IUnaryOp
    {
        public void Invoke(int index) => dx[index] = TOp.Pullback(read[index], dy[index]);
    }

    static void Gpu<TOp>(GpuDevice gpu, TOp op, Tensor<float> x, Tensor<float> y)
        where TOp : unmanaged, IUnaryOpWithOptions => gpu.Launch(y.Shape.Count, new OptionsKernel<TOp>(op, x.View, y.View));

    /// <summary>One value. Bound by memory: 8 bytes an element.</summary>
    internal readonly struct OptionsKernel<TOp>(TOp op, ArrayView<float> x, ArrayView<float> y) : IKernel
        where TOp : unmanaged, IUnaryOpWithOptions
    {
        public void Invoke(int index) => y[index] = op.Apply(x[index]);
    }

    static void PullbackGpu<TOp>(GpuDevice gpu, TOp op, Tensor<float> read, Tensor<float> dy, Tensor<float> dx)
        where TOp : unmanaged, IUnaryOpWithOptions =>
        gpu.Launch(dx.Shape.Count, new OptionsPullbackKernel<TOp>(op, read.View, dy.View, dx.View));

    /// <summary>One gradient. Bound by memory: 12 bytes an element.</summary>
    internal readonly struct OptionsPullbackKernel<TOp>(TOp op, ArrayView<float> read, ArrayView<float> dy, ArrayView<float> dx) : IKernel
        where TOp : unmanaged, IUnaryOpWithOptions
    {
        public void Invoke(int index) => dx[index] = op.Pullback(read[index], dy[index]);
    }
}
