using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Products;

/// <summary>c = tail(rows · panels + bias + residual), cut into items of fixed sizes.</summary>
readonly unsafe struct Product<S, V, L, TRows>(ProductSizes sizes, TRows rows, float* panels, float* c, int stride, byte* scratch)
    : IHostWork
    where S : struct, ISimd<V>
    where V : unmanaged
    where L : struct, ITileLayout
    where TRows : unmanaged, ITileRows
{
    // Panels that stay in the second level beside a tile: then results are written in whole rows.
    const int SmallPanelsSizeBytes = 300 << 10;

    const int LineBytes = 64;

    // Measured (bench matmul, 512x512x4608 A): four to sixteen are within 2 %.
    const int TermsSideBySide = 16;

    public static int Columns => 2 * S.Count;

    /// <summary>Floats that each term takes in a tile: its rows, or the layout's distance.</summary>
    static int FloatsPerTerm => L.Step == 1 ? S.TileRows : L.Step;

    /// <summary>Added to each row, padded to whole panels; null for none.</summary>
    public float* Bias { get; init; }

    /// <summary>Added to the result; null for none. May be the result itself.</summary>
    public float* Residual { get; init; }

    /// <summary>Applied last.</summary>
    public HostTail Tail { get; init; }

    /// <summary>Adds to what c holds.</summary>
    public bool Accumulate { get; init; }

    /// <summary>Places of the result's rows; by default a constant stride. Sizes must be those of its lines.</summary>
    public ResultLines Lines { get; init; }

    public static ProductSizes Sizes(int m, int n, int k, int tileRows, int threads, bool ownPanels = false, int line = 0) =>
        ProductSizes.Create(m, n, k, tileRows, FloatsPerTerm, Columns, threads, ownPanels, line);

    public int ItemCount => sizes.Blocks * sizes.Splits;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Invoke(int item, int thread)
    {
        int block = item % sizes.Blocks,
            split = item / sizes.Blocks;
        var part = new Part(
            Division.Cut(block, sizes.Blocks, sizes.Tiles),
            Division.Cut(block + 1, sizes.Blocks, sizes.Tiles),
            Division.Cut(split, sizes.Splits, sizes.Panels),
            Division.Cut(split + 1, sizes.Splits, sizes.Panels),
            (float*)(scratch + ((long)thread * HostDevice.ScratchSizeBytes))
        );
        bool small = sizes.K <= sizes.KBlock && (long)sizes.K * sizes.N * sizeof(float) <= SmallPanelsSizeBytes && sizes.Splits == 1;
        for (int k0 = 0; k0 < Math.Max(1, sizes.K); k0 += sizes.KBlock) // once at least: no terms leave bias and residual
        {
            Tile tile = default;
            tile.RowsStride = stride;
            tile.K = Math.Min(sizes.KBlock, sizes.K - k0);
            tile.Run = rows.Run;
            tile.Accumulate = Accumulate || k0 > 0;
            tile.Bounds = IsLast(k0) ? Tail.Bounds : default;
            if (small)
                TileByTile(tile, part);
            else
                PanelByPanel(tile, part, k0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void PanelByPanel(Tile tile, Part part, int k0)
    {
        int runs = Math.Max(1, Division.Ceil(tile.K, 16)); // no terms take a run too
        int share = Division.Ceil(tile.K * Columns / 16, (part.EndTile - part.FirstTile) * runs);
        if (L.Step > 1)
            GatherSideBySide(part, k0, tile.K);
        for (int panel = part.FirstPanel; panel < part.EndPanel; panel++)
        for (int i = part.FirstTile; i < part.EndTile; i++)
        {
            int row = Division.Cut(i, sizes.Tiles, sizes.M),
                end = Division.Cut(i + 1, sizes.Tiles, sizes.M);
            tile.A = TileAt(part, i);
            tile.NextLines = 0;
            if (L.Step == 1 && panel == part.FirstPanel)
            {
                rows.Gather(row, end - row, k0, tile.K, tile.A, part.Line);
                FetchRows(ref tile, row, end, k0);
            }
            else if (panel + 1 < part.EndPanel)
            {
                // The next panel, a few lines of it with each run of this one.
                tile.Next = Panel(panel + 1, k0) + ((nint)(i - part.FirstTile) * share * runs * 16);
                (tile.NextStride, tile.NextStep, tile.NextLines) = (16, share * 16, share);
            }

            RunTile(ref tile, row, end - row, panel, k0);
        }
    }

    /// <summary>All tiles of an item, some terms of each at a time: in a column layout, lines of memory hold terms of neighbouring
    /// tiles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void GatherSideBySide(Part part, int k0, int k)
    {
        for (int done = 0; done < k; done += TermsSideBySide)
        for (int i = part.FirstTile; i < part.EndTile; i++)
        {
            int row = Division.Cut(i, sizes.Tiles, sizes.M),
                end = Division.Cut(i + 1, sizes.Tiles, sizes.M);
            rows.Gather(row, end - row, k0 + done, Math.Min(TermsSideBySide, k - done), TileAt(part, i) + ((nint)done * L.Step), part.Line);
        }
    }

    float* TileAt(Part part, int i) => part.A + ((nint)(i - part.FirstTile) * sizes.KBlock * FloatsPerTerm);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void TileByTile(Tile tile, Part part)
    {
        tile.A = part.A;
        for (int i = part.FirstTile; i < part.EndTile; i++)
        {
            int row = Division.Cut(i, sizes.Tiles, sizes.M),
                end = Division.Cut(i + 1, sizes.Tiles, sizes.M);
            rows.Gather(row, end - row, 0, tile.K, tile.A, part.Line);
            FetchRows(ref tile, row, end, 0);
            for (int panel = part.FirstPanel; panel < part.EndPanel; panel++)
            {
                RunTile(ref tile, row, end - row, panel, 0);
                tile.NextLines = 0;
            }
        }
    }

    /// <summary>Whether the block of terms from k0 on completes the sums.</summary>
    bool IsLast(int k0) => k0 + sizes.KBlock >= sizes.K;

    float* Panel(int panel, int k0) => panels + ((((nint)panel * sizes.K) + k0) * Columns);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void FetchRows(ref Tile tile, int row, int end, int k0)
    {
        tile.Next = rows.Prefetch(end, k0);
        tile.NextLines = tile.Next == null || end == sizes.M ? 0 : end - row;
        (tile.NextStride, tile.NextStep) = (rows.PrefetchStride, 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void RunTile(ref Tile tile, int row, int count, int panel, int k0)
    {
        int column = panel * Columns;
        nint at = Lines.At(row, stride) + column;
        tile.B = Panel(panel, k0);
        tile.C = c + at;
        tile.Bias = Bias == null || k0 > 0 ? null : Bias + column;
        tile.Residual = Residual == null || k0 > 0 ? null : Residual + at;
        tile.Skip = L.Step == 1 ? (count - 1) * L.Row : 0;
        var tail = IsLast(k0) ? Tail : default;
        int columns = Math.Min(Columns, sizes.N - column);
        if ((columns != Columns && columns != S.Count) || tail.HasFunction)
        {
            RunBeside(tile, count, columns, tail);
            return;
        }

        fixed (Tile* pointer = &tile)
            Run(pointer, count, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Run(Tile* tile, int count, int columns)
    {
        if (columns > S.Count)
            HostTile<S, V, L>.Run(tile, count);
        else
            HostTile<S, V, L>.RunNarrow(tile, count);
    }

    /// <summary>A tile that is computed beside, then moved: a last panel whose columns fill no vectors, or with a function behind
    /// it.</summary>
    [SkipLocalsInit] // what is not written before it is read are columns behind the last, which nobody moves
    static void RunBeside(Tile tile, int count, int columns, HostTail tail)
    {
        int width = columns > S.Count ? Columns : S.Count;
        byte* room = stackalloc byte[(S.TileRows * 2 * S.Count * sizeof(float)) + LineBytes];
        float* side = (float*)(((nint)room + LineBytes - 1) & -LineBytes), // vectors within lines of the cache
            c = tile.C,
            residual = tile.Residual;
        nint stride = tile.RowsStride;
        for (int i = 0; tile.Accumulate && i < count; i++)
            Floats.Copy(c + (i * stride), side + (i * width), columns);
        for (int i = 0; residual != null && i < count; i++)
            if (tile.Accumulate)
                Floats.Add(residual + (i * stride), side + (i * width), columns);
            else
                Floats.Copy(residual + (i * stride), side + (i * width), columns);
        tile.C = side;
        tile.RowsStride = width;
        tile.Accumulate |= residual != null;
        tile.Residual = null;
        Run(&tile, count, columns);
        if (tail.HasFunction)
            tail.Move(side, width, c, stride, count, columns);
        for (int i = 0; !tail.HasFunction && i < count; i++)
            Floats.Copy(side + (i * width), c + (i * stride), columns);
    }

    /// <summary>One item's tiles and panels, and its thread's scratch memory.</summary>
    readonly struct Part(int firstTile, int endTile, int firstPanel, int endPanel, float* a)
    {
        public readonly int FirstTile = firstTile,
            EndTile = endTile,
            FirstPanel = firstPanel,
            EndPanel = endPanel;
        public readonly float* A = a;

        public float* Line => A + (HostDevice.GatheredSizeBytes / sizeof(float));
    }
}
