using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Movement;

static partial class StridedCopy
{
    static unsafe void Host(HostDevice host, CopyGeometry g, Tensor<float> from, Tensor<float> to)
    {
        int pieces = Chunks.Count(g.E.Length),
            perItem = Chunks.Rows(g.E.Length);
        host.For(Division.Ceil(g.Rows, perItem) * pieces, new Rows(g, from.Pointer, to.Pointer, pieces, perItem));
    }

    /// <summary>Some innermost rows, or a piece of a long one.</summary>
    readonly unsafe struct Rows(CopyGeometry g, float* from, float* to, int pieces, int perItem) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int first = item / pieces * perItem,
                end = Math.Min(g.Rows, first + perItem),
                at = item % pieces * Chunks.Floats,
                count = Math.Min(Chunks.Floats, g.E.Length - at);
            for (int row = first; row < end; row++)
                Row(from + g.From(row) + ((nint)at * g.E.From), to + g.To(row) + ((nint)at * g.E.To), count);
        }

        void Row(float* from, float* to, int count)
        {
            if (g.E.From == 1 && g.E.To == 1)
                Floats.Copy(from, to, count);
            else
                for (nint i = 0; i < count; i++)
                    to[i * g.E.To] = from[i * g.E.From];
        }
    }
}
