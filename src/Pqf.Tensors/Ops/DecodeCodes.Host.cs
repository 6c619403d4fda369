using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class DecodeCodes
{
    static unsafe void Host(HostDevice host, Tensor<float> codebook, Tensor<ushort> codes, Tensor<float> w)
    {
        int d = codebook.Shape[1], blocks = codes.Shape.Count;
        host.For(ProductSizes.Ceil(blocks, Chunks.Rows(d)), new Blocks(codebook.Pointer, codes.Pointer, w.Pointer, blocks, d));
    }

    readonly unsafe struct Blocks(float* codebook, ushort* codes, float* w, int blocks, int d) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(d), end = Math.Min(blocks, first + Chunks.Rows(d));
            float* to = w + ((nint)first * d);
            for (int i = first; i < end; i++, to += d)
                Floats.Copy(codebook + ((nint)codes[i] * d), to, d);
        }
    }
}
