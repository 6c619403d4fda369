using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Gathered;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>A pointwise convolution and the depthwise one behind it, some rows at a time: the wide value between them never leaves the
/// cache.</summary>
/// <remarks>An item is a band of output rows of one image. The rows that two bands share are computed by both. All values are those of
/// the two convolutions one after the other, to the bit.</remarks>
readonly unsafe struct ExpandedRows<S, V>(ExpandedSizes sizes, Expansion expansion, DepthwiseRows depthwise, float* room, byte* scratch)
    : IHostWork
    where S : struct, ISimd<V>
    where V : unmanaged
{
    readonly DepthwiseGeometry geometry = sizes.Geometry;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Invoke(int item, int thread)
    {
        var g = geometry.G;
        int n = item / sizes.Bands,
            band = item % sizes.Bands,
            first = Division.Cut(band, sizes.Bands, geometry.OutH),
            end = Division.Cut(band + 1, sizes.Bands, geometry.OutH);
        float* rows = room + (thread * sizes.RoomFloats);
        var reader = depthwise with { X = rows };
        // The rows from `held` to `made` of the value between lie in the room.
        int held = sizes.FirstRow(first),
            made = held,
            last = sizes.EndRow(end - 1);
        for (int oy = first; oy < end; oy++)
        {
            if (sizes.EndRow(oy) > made)
            {
                if (sizes.EndRow(oy) > held + sizes.RoomRows)
                    held = MoveToFront(rows, held, ref made, sizes.FirstRow(oy));
                int to = Math.Min(last, held + sizes.RoomRows);
                Expand(n, made, to, rows + ((made - held) * sizes.RowFloats), thread);
                made = to;
            }

            nint output = (((nint)n * geometry.OutH) + oy) * geometry.OutW * g.OutChannels;
            reader.Row(oy, (g.InputRow(oy, 0) - held) * sizes.RowFloats, output);
        }
    }

    /// <summary>Keeps the rows from <paramref name="first"/> on; returns the row that comes first now.</summary>
    int MoveToFront(float* rows, int held, ref int made, int first)
    {
        if (made > first)
            Unsafe.CopyBlock(rows, rows + ((first - held) * sizes.RowFloats), (uint)((made - first) * sizes.RowFloats * sizeof(float)));
        made = Math.Max(made, first);
        return first;
    }

    void Expand(int n, int first, int end, float* to, int thread)
    {
        var g = geometry.G;
        int terms = expansion.InChannels;
        var pixels = new ConvGeometry(1, end - first, g.W, terms, g.InChannels, 1, 1, default, 1, 1);
        float* from = expansion.X + ((((nint)n * g.H) + first) * g.W * terms);
        var product = new Product<S, V, RowLayout, ConvRows>(
            Product<S, V, RowLayout, ConvRows>.Sizes(pixels.H * g.W, g.InChannels, terms, S.TileRows, threads: 1),
            new ConvRows(pixels, from, 0),
            expansion.Panels,
            to,
            g.InChannels,
            scratch
        )
        {
            Bias = expansion.Bias,
            Tail = expansion.Tail,
        };
        for (int item = 0; item < product.ItemCount; item++)
            product.Invoke(item, thread);
    }
}
