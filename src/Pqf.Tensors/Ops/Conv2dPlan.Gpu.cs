using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public sealed partial class Conv2dPlan
{
    void PackGpu(Tensor<float> weight, Tensor<float>? bias) =>
        throw new NotSupportedException("not on the GPU yet");

    void RunGpu(GpuDevice gpu, ConvGeometry geometry, Tensor<float> x, Tensor<float>? residual, Activation activation, Tensor<float> y) =>
        throw new NotSupportedException("not on the GPU yet");
}
