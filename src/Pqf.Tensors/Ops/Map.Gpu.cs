using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Map
{
    static void Gpu<TOp>(GpuDevice gpu, Tensor<float> x, Tensor<float> y)
        where TOp : unmanaged, IUnaryOp =>
        throw new NotSupportedException("not on the GPU yet");
}
