using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Products;

public static partial class MatMul
{
    // Terms packed at a time: bounds the workspace when the inner length is in the millions, as in Gram matrices.
    const int PackedTerms = 2048;

    static unsafe void Host(HostDevice host, Tensor<float> a, Tensor<float> b, Transpose transpose, int m, int n, int k, Tensor<float> c)
    {
        if (k == 0)
            new Span<float>(c.Pointer, c.Shape.Count).Clear();
        else if (host.Width == VectorWidth.Bits512)
            Host<Simd512, Vector512<float>, ColumnLayout>(host, a.Pointer, b.Pointer, transpose, m, n, k, c.Pointer);
        else
            Host<Simd256, Vector256<float>, NarrowColumnLayout>(host, a.Pointer, b.Pointer, transpose, m, n, k, c.Pointer);
    }

    static unsafe void Host<S, V, LA>(HostDevice host, float* a, float* b, Transpose transpose, int m, int n, int k, float* c)
        where S : struct, ISimd<V>
        where V : unmanaged
        where LA : struct, ITileLayout
    {
        int width = 2 * S.Count;
        using var workspace = new Workspace<float>(host, Panels.Count(n, Math.Min(k, PackedTerms), width));
        float* panels = workspace.Pointer;
        for (int k0 = 0; k0 < k; k0 += PackedTerms)
        {
            int terms = Math.Min(PackedTerms, k - k0);
            if ((transpose & Transpose.B) != 0)
                Panels.FromColumns(host, b + k0, k, n, terms, width, panels);
            else
                Panels.FromRows(host, b + ((nint)k0 * n), n, n, terms, width, panels);
            if ((transpose & Transpose.A) != 0)
                Multiply<S, V, LA, MatrixColumns<LA>>(host, new MatrixColumns<LA>(a + ((nint)k0 * m), m), m, n, terms, k0 > 0, panels, c);
            else
                Multiply<S, V, RowLayout, MatrixRows>(host, new MatrixRows(a + k0, k), m, n, terms, k0 > 0, panels, c);
        }
    }

    static unsafe void Multiply<S, V, L, TRows>(HostDevice host, TRows rows, int m, int n, int k, bool accumulate, float* panels, float* c)
        where S : struct, ISimd<V>
        where V : unmanaged
        where L : struct, ITileLayout
        where TRows : unmanaged, ITileRows
    {
        // Columns of a transposed operand cost more to gather: once only.
        var sizes = Product<S, V, L, TRows>.Sizes(m, n, k, S.TileRows, host.ThreadCount, ownPanels: L.Step == 1);
        var product = new Product<S, V, L, TRows>(sizes, rows, panels, c, n, host.Scratch) { Accumulate = accumulate };
        host.For(product.ItemCount, product);
    }
}
