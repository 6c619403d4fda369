using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Add
{
    static unsafe void Host(HostDevice host, Tensor<float> a, Tensor<float> b, Tensor<float> c)
    {
        for (int i = 0; i < a.Shape.Count; i++)
            c.Pointer[i] = a.Pointer[i] + b.Pointer[i];
    }
}
