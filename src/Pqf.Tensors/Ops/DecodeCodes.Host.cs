using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class DecodeCodes
{
    static unsafe void Host(HostDevice host, Tensor<float> codebook, Tensor<ushort> codes, Tensor<float> w)
    {
        int d = codebook.Shape[1];
        for (int i = 0; i < w.Shape.Count; i++)
            w.Pointer[i] = codebook.Pointer[(codes.Pointer[i / d] * d) + (i % d)];
    }
}
