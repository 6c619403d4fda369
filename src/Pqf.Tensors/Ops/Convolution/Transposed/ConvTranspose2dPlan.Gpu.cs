using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution.Transposed;

public sealed partial class ConvTranspose2dPlan
{
    Tensor<float> gpuWeight = null!;
    Tensor<float>? gpuBias;

    void PackGpu(GpuDevice gpu, Tensor<float> weight, Tensor<float>? bias)
    {
        gpuWeight = Copied(gpu, weight);
        gpuBias = bias is null ? null : Copied(gpu, bias);
    }

    static Tensor<float> Copied(GpuDevice gpu, Tensor<float> x)
    {
        var copy = Tensor<float>.Rent(gpu, x.Shape);
        gpu.Launch(x.Shape.Count, new Conv2dPlan.Copy(x.View, copy.View));
        return copy;
    }

    void RunGpu(GpuDevice gpu, ConvGeometry geometry, Tensor<float> x, Tail tail, Tensor<float> y)
    {
        Conv2d.TransposedGpu(gpu, geometry, gpuWeight, x, gpuBias, tail, y);
        tail.Finish(y);
    }
}
