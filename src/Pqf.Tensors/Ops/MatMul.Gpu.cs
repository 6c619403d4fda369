using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class MatMul
{
    static void Gpu(GpuDevice gpu, Tensor<float> a, Tensor<float> b, Transpose transpose, int m, int n, int k, Tensor<float> c) =>
        throw new NotSupportedException("not on the GPU yet");
}
