using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class IndexSelect
{
    static unsafe void Host(HostDevice host, Tensor<float> x, Tensor<int> index, int outer, int length, int inner, Tensor<float> y)
    {
        int slices = outer * index.Shape[0];
        host.For(ProductSizes.Ceil(slices, Chunks.Rows(inner)), new Slices(x.Pointer, index.Pointer, y.Pointer, slices, index.Shape[0], length, inner));
    }

    readonly unsafe struct Slices(float* x, int* index, float* y, int slices, int count, int length, int inner) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(inner), end = Math.Min(slices, first + Chunks.Rows(inner));
            for (int i = first, at = first % count; i < end; i++, at = at + 1 == count ? 0 : at + 1)
                Floats.Copy(x + ((((nint)(i / count) * length) + index[at]) * inner), y + ((nint)i * inner), inner);
        }
    }
}
