namespace Pqf.Tensors.Ops.Products;

/// <summary>How a product [M, K] · [K, N] is cut: into blocks of tiles, each gathered once by one thread and used against all its
/// panels.</summary>
/// <remarks>Only the cut along K changes results, and it depends on K alone; the others may follow the number of threads.</remarks>
readonly record struct ProductSizes(int M, int N, int K, int KBlock, int Tiles, int Blocks, int Panels, int Splits)
{
    // Measured (bench conv, matmul): longer sums than what the first-level cache holds of both operands cost less than reading results
    // again to add to them.
    const int LargestKBlock = 1024;

    // Half of what is usual for a core's second level, the other half is for panels and results.
    const int BlockSizeBytes = 256 << 10;

    /// <param name="m">Rows.</param>
    /// <param name="n">Columns.</param>
    /// <param name="k">Terms.</param>
    /// <param name="tileRows">Rows of a tile, at most.</param>
    /// <param name="floatsPerTerm">Floats that each term takes in a tile.</param>
    /// <param name="columns">Columns of a panel.</param>
    /// <param name="threads">Threads to share the work between.</param>
    /// <param name="ownPanels">Whether each thread is to use panels of its own where there are enough: better where the threads have just
    /// written them, worse for the rows, which each gathers.</param>
    /// <param name="line">Rows that lie in a line: no tile spans two; 0 for rows that all lie in one.</param>
    public static ProductSizes Create(
        int m,
        int n,
        int k,
        int tileRows,
        int floatsPerTerm,
        int columns,
        int threads,
        bool ownPanels,
        int line
    )
    {
        int kBlock = Math.Max(16, Division.Ceil(Division.Ceil(k, Math.Max(1, Division.Ceil(k, LargestKBlock))), 16) * 16);
        int tiles = line == 0 ? Division.Ceil(m, tileRows) : m / line * Division.Ceil(line, tileRows),
            panels = Division.Ceil(n, columns);
        int fit = Math.Max(1, BlockSizeBytes / (kBlock * floatsPerTerm * sizeof(float)));
        var byRows = Of(Math.Min(fit, Division.Ceil(tiles, 4 * threads)), 1);
        if (tiles > 14 * threads && !(ownPanels && panels >= 2 * threads))
            return byRows;
        // Few rows: the panels are shared out as well, so that each thread reads its own part of the weights, unless that leaves threads
        // idle: three panels for two threads take a third longer.
        var byPanels = Of(Math.Min(tiles, 2 * fit), Math.Min(threads, panels));
        return byRows.Longest(threads) * 8 < byPanels.Longest(threads) * 7 ? byRows : byPanels;

        ProductSizes Of(int perBlock, int splits)
        {
            // As many blocks for each thread; nine for two threads would cost a tenth of the time.
            int blocks = Math.Min(tiles, Division.Ceil(Division.Ceil(tiles, perBlock) * splits, threads) * threads / splits);
            return new ProductSizes(m, n, k, kBlock, tiles, blocks, panels, splits);
        }
    }

    /// <summary>Tiles times panels of the thread that has the most.</summary>
    int Longest(int threads) =>
        Division.Ceil(Blocks * Splits, threads) * Division.Ceil(Tiles, Math.Max(1, Blocks)) * Division.Ceil(Panels, Math.Max(1, Splits));
}
