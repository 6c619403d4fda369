using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Movement;

public static partial class Concat
{
    static unsafe void Host(HostDevice host, Blocks blocks, int count, Tensor<float> from, Tensor<float> to)
    {
        int pieces = Chunks.Count(blocks.Length),
            perItem = Chunks.Rows(blocks.Length);
        host.For(
            Division.Ceil(count, perItem) * Math.Max(1, pieces),
            new CopyBlocks(blocks, count, pieces, perItem, from.Pointer, to.Pointer)
        );
    }

    /// <summary>Some short blocks, or a piece of a long one.</summary>
    readonly unsafe struct CopyBlocks(Blocks blocks, int count, int pieces, int perItem, float* from, float* to) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item / pieces * perItem,
                end = Math.Min(count, first + perItem),
                at = item % pieces * Chunks.Floats,
                length = Math.Min(Chunks.Floats, blocks.Length - at);
            for (int i = first; i < end; i++)
                Floats.Copy(
                    from + ((nint)i * blocks.FromStride) + blocks.FromAt + at,
                    to + ((nint)i * blocks.ToStride) + blocks.ToAt + at,
                    length
                );
        }
    }
}
