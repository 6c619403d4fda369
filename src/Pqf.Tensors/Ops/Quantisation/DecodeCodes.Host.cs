using System.Numerics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Quantisation;

public static partial class DecodeCodes
{
    static unsafe void Host(HostDevice host, Tensor<float> codebook, Tensor<ushort> codes, Tensor<float> w)
    {
        int d = codebook.Shape[1],
            blocks = codes.Shape.Count;
        host.For(Division.Ceil(blocks, Chunks.Rows(d)), new Blocks(codebook.Pointer, codes.Pointer, w.Pointer, blocks, d));
    }

    static unsafe void PullbackHost(HostDevice host, CodeIndex index, Tensor<float> dWeight, Tensor<float> dCodebook) =>
        host.For(index.K, new SumBlocks(index.Start.Pointer, index.Blocks.Pointer, dWeight.Pointer, dCodebook.Pointer, dCodebook.Shape[1]));

    readonly unsafe struct Blocks(float* codebook, ushort* codes, float* w, int blocks, int d) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item * Chunks.Rows(d),
                end = Math.Min(blocks, first + Chunks.Rows(d));
            float* to = w + ((nint)first * d);
            for (int i = first; i < end; i++, to += d)
                Floats.Copy(codebook + ((nint)codes[i] * d), to, d);
        }
    }

    /// <summary>One row of the codebook's gradient.</summary>
    readonly unsafe struct SumBlocks(int* start, int* blocks, float* dWeight, float* dCodebook, int d) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            float* to = dCodebook + ((nint)item * d);
            Floats.Clear(to, d);
            for (int* block = blocks + start[item], end = blocks + start[item + 1]; block < end; block++)
            {
                float* from = dWeight + ((nint)(*block) * d);
                int i = 0;
                for (; i <= d - Vector<float>.Count; i += Vector<float>.Count)
                    Vector.Store(Vector.Load(to + i) + Vector.Load(from + i), to + i);
                for (; i < d; i++)
                    to[i] += from[i];
            }
        }
    }
}
