using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Tensors.Ops.Losses;

static partial class ElementLoss
{
    static void Gpu<TLoss>(GpuDevice gpu, TLoss loss, Tensor<float> x, Tensor<float> target, float factor, Tensor<float> sum)
        where TLoss : unmanaged, IElementLoss
    {
        var losses = Tensor<float>.Rent(gpu, [x.Shape.Count, 1]);
        gpu.Launch(x.Shape.Count, new Kernel<TLoss>(loss, x.View, target.View, losses.View, factor));
        Reduce.SumRowsInto(losses, sum.Reshape([1]));
    }

    /// <summary>One element's share of the loss. Bound by memory: 12 bytes an element.</summary>
    internal readonly struct Kernel<TLoss>(TLoss loss, ArrayView<float> x, ArrayView<float> target, ArrayView<float> losses, float factor)
        : IKernel
        where TLoss : unmanaged, IElementLoss
    {
        public void Invoke(int index) => losses[index] = loss.Loss(x[index], target[index]) * factor;
    }

    /// <summary>One gradient. Bound by memory: 12 bytes an element.</summary>
    internal readonly struct PullbackKernel<TLoss>(
        TLoss loss,
        ArrayView<float> x,
        ArrayView<float> target,
        ArrayView<float> dLoss,
        ArrayView<float> dx,
        float factor
    ) : IKernel
        where TLoss : unmanaged, IElementLoss
    {
        public void Invoke(int index) => dx[index] = loss.Slope(x[index], target[index]) * dLoss[0] * factor;
    }
}
