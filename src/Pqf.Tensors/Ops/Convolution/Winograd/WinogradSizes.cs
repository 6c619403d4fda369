namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>How a Winograd convolution is cut: the output into tiles (<see cref="WinogradTiling"/>), tiles into groups of a register tile's
/// rows, groups into blocks.</summary>
/// <remarks>Tiles never mix and each sum runs over all channels in order: no cut changes a result, so all of them may follow the number of
/// threads.</remarks>
readonly struct WinogradSizes
{
    // Of a block's transformed input: in a core's second-level cache, beside the products of one panel.
    const int BlockSizeBytes = 600 << 10;

    // Of the products of one panel where the transformed input is shared.
    const int ProductsSizeBytes = 512 << 10;

    // Less is never asked for, so that all common layers use the same memory one after another and find it in the cache.
    const int LeastThreadFloats = 1 << 18;

    // At a power of two apart, all points of a tile would fall into one set of the cache.
    const int PointGap = 16;

    public readonly ConvGeometry G;
    public readonly WinogradTiling Tiling;
    public readonly int Edge,
        Points,
        Tiles,
        Groups,
        Blocks,
        Columns,
        Panels;

    /// <summary>
    /// Whether all input is transformed first and each thread then takes output panels of its own, so that each weight is read once; if
    /// not, each thread takes
    /// blocks of tiles from input to output and reads all weights for each.
    /// </summary>
    public readonly bool IsShared;

    readonly int mostTiles,
        parts;

    public WinogradSizes(ConvGeometry g, int m, int rows, int columns, int threads)
    {
        (G, Edge, Points, Columns) = (g, m + 2, (m + 2) * (m + 2), columns);
        Tiling = new(g.N, g.OutH, g.OutW, m);
        Tiles = Tiling.Count;
        (Groups, Panels) = (Division.Ceil(Tiles, rows), Division.Ceil(g.OutChannels, columns));
        IsShared = g.OutChannels > Tiles; // more weights than transformed input
        int fit = Math.Max(
            1,
            IsShared
                ? ProductsSizeBytes / (Points * rows * columns * sizeof(float))
                : BlockSizeBytes / (Points * rows * g.InChannels * sizeof(float))
        );
        parts = IsShared ? Division.Ceil(threads, Panels) : threads;
        Blocks = Math.Min(Groups, Division.Ceil(Division.Ceil(Groups, fit), parts) * parts);
        mostTiles = Division.Ceil(Groups, Blocks) * Division.Ceil(Tiles, Groups);
    }

    /// <summary>Floats of the transformed input that all threads share.</summary>
    public long SharedFloats => IsShared ? Points * Apart(Tiles, G.InChannels) : 0;

    /// <summary>Floats of a thread: products, a tile on its way through a transform, and its block's input unless that is shared.</summary>
    public long ThreadFloats => Math.Max(LeastThreadFloats, InputAt + (IsShared ? 0 : Points * Apart(mostTiles, G.InChannels)));

    /// <summary>Where a thread's products begin; before them is a tile on its way through a transform.</summary>
    public int ProductsAt => Points * 16;

    /// <summary>Where a thread's transformed input begins.</summary>
    public long InputAt => ProductsAt + (Points * Apart(mostTiles, Columns));

    /// <summary>Stride from one point's values to the next point's, for some tiles of n channels.</summary>
    public static long Apart(int tiles, int channels) => ((long)tiles * channels) + PointGap;

    /// <summary>First tile of a group.</summary>
    public int First(int group) => Division.Cut(group, Groups, Tiles);

    /// <summary>Blocks as threads take them: each from all of the tiles, since the last ones of a tiling have fewer points than the
    /// first.</summary>
    public int Dealt(int item) => Blocks % parts == 0 ? (item % (Blocks / parts) * parts) + (item / (Blocks / parts)) : item;

    /// <summary>First group of a block.</summary>
    public int FirstGroup(int block) => Division.Cut(block, Blocks, Groups);
}
