namespace Pqf.Tensors.Ops.Products;

/// <summary>The rows of an operand from one of them on.</summary>
/// <param name="rows">All rows.</param>
/// <param name="first">The first one's number.</param>
readonly unsafe struct RowsFrom<TRows>(TRows rows, int first) : ITileRows
    where TRows : unmanaged, ITileRows
{
    public int Run => rows.Run;

    public int PrefetchStride => rows.PrefetchStride;

    public void Gather(int row, int count, int k0, int k, float* tile, float* line) => rows.Gather(first + row, count, k0, k, tile, line);

    public float* Prefetch(int row, int k0) => rows.Prefetch(first + row, k0);
}
