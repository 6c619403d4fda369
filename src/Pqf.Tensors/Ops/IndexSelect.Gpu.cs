using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class IndexSelect
{
    static void Gpu(GpuDevice gpu, Tensor<float> x, Tensor<int> index, int outer, int length, int inner, Tensor<float> y) =>
        throw new NotSupportedException("not on the GPU yet");
}
