using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Map
{
    static unsafe void Host<TOp>(HostDevice host, Tensor<float> x, Tensor<float> y)
        where TOp : unmanaged, IUnaryOp
    {
        for (int i = 0; i < x.Shape.Count; i++)
            y.Pointer[i] = TOp.Apply(x.Pointer[i]);
    }
}
