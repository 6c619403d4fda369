using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class ChannelOrder
{
    static void Gpu(GpuDevice gpu, Tensor<float> x, int n, int rows, int columns, Tensor<float> y) =>
        throw new NotSupportedException("not on the GPU yet");
}
