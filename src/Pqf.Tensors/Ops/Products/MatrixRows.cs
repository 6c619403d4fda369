using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Pqf.Tensors.Ops.Products;

/// <summary>The rows of a matrix [M, K].</summary>
readonly unsafe struct MatrixRows(float* matrix, int stride) : ITileRows
{
    public int Run => 16;

    public int PrefetchStride => stride;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(int row, int rows, int k0, int k, float* tile, float* line)
    {
        float* from = matrix + ((nint)row * stride) + k0;
        for (int r = 0; r < rows; r++, from += stride, tile += 16)
            Floats.Spread(from, tile, k, rows);
    }

    public float* Prefetch(int row, int k0) => matrix + ((nint)row * stride) + k0;
}

/// <summary>The columns of a matrix [K, M], as rows.</summary>
readonly unsafe struct MatrixColumns<L>(float* matrix, int stride) : ITileRows
    where L : struct, ITileLayout
{
    public int Run => 16;

    public int PrefetchStride => 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(int row, int rows, int k0, int k, float* tile, float* line)
    {
        float* from = matrix + ((nint)k0 * stride) + row;
        for (int i = 0; i < k; i++, from += stride, tile += L.Step)
        {
            if (Sse.IsSupported)
                Sse.Prefetch0(from + (8 * (nint)stride)); // rows too far stride for the processor to foresee
            Floats.Copy(from, tile, rows);
        }
    }

    public float* Prefetch(int row, int k0) => null;
}
