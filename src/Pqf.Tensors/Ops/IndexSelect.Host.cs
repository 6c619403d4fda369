using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class IndexSelect
{
    static unsafe void Host(HostDevice host, Tensor<float> x, Tensor<int> index, int outer, int length, int inner, Tensor<float> y)
    {
        int count = index.Shape[0];
        for (int o = 0; o < outer; o++)
            for (int i = 0; i < count; i++)
                new ReadOnlySpan<float>(x.Pointer + (((o * length) + index.Pointer[i]) * inner), inner).CopyTo(new Span<float>(y.Pointer + (((o * count) + i) * inner), inner));
    }
}
