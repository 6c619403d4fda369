using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class DecodeCodes
{
    static void Gpu(GpuDevice gpu, Tensor<float> codebook, Tensor<ushort> codes, Tensor<float> w) =>
        throw new NotSupportedException("not on the GPU yet");
}
