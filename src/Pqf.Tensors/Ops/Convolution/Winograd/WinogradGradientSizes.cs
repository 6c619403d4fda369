namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>How the sums over tiles of a Winograd weight gradient are cut: into chunks, whose transformed tiles stay in the cache, and
/// those into the lengths that a register tile sums.</summary>
/// <remarks>Both follow from the convolution's sizes alone, because they change results; what is shared out among threads does
/// not.</remarks>
readonly struct WinogradGradientSizes
{
    /// <summary>Rows and columns of the outputs of a tile.</summary>
    public const int M = 4;

    /// <summary>Rows and columns of its inputs.</summary>
    public const int Edge = M + 2;

    /// <summary>Points of a transformed tile.</summary>
    public const int Points = Edge * Edge;

    /// <summary>Channels of the input that lie side by side.</summary>
    public const int Width = 16;

    // Transformed tiles of a chunk, input and gradient together: in the third-level cache, where the products read them right away.
    const int ChunkSizeBytes = 8 << 20;

    // Tiles that are summed in registers: 12 KiB of both operands, in the first level.
    const int MostTerms = 192;

    // At a power of two apart, all points of a tile would fall into one set of the cache.
    const int PointGap = 16;

    readonly int outWidth,
        threads,
        panels;

    public readonly ConvGeometry G;
    public readonly int TileRows,
        TileColumns,
        Tiles,
        Chunks;

    /// <param name="g">A 3 × 3 convolution of stride 1 without groups or dilation; channels are multiples of 16.</param>
    /// <param name="outWidth">Columns of a register tile.</param>
    /// <param name="threads">Threads to share the work between.</param>
    public WinogradGradientSizes(ConvGeometry g, int outWidth, int threads)
    {
        (G, this.outWidth, this.threads) = (g, outWidth, threads);
        (TileRows, TileColumns) = (Division.Ceil(g.OutH, M), Division.Ceil(g.OutW, M));
        Tiles = g.N * TileRows * TileColumns;
        panels = Division.Ceil(g.OutChannels, outWidth);
        int fit = Math.Max(Width, ChunkSizeBytes / (Points * (g.InChannels + SumsStride) * sizeof(float)));
        Chunks = Division.Ceil(Tiles, fit);
    }

    /// <summary>Floats from one input channel's sums to the next.</summary>
    public int SumsStride => panels * outWidth;

    /// <summary>Floats from one point's sums to the next.</summary>
    public nint PointSums => (nint)G.InChannels * SumsStride;

    /// <summary>Items that the products of a chunk are cut into: points, and panels where there are many threads.</summary>
    public int PanelItems => Math.Min(panels, Division.Ceil(4 * threads, Points));

    public long InputFloats => Points * (long)Apart(Division.Ceil(Tiles, Chunks), G.InChannels);

    public long GradientFloats => Points * (long)Apart(Division.Ceil(Tiles, Chunks), SumsStride);

    /// <summary>Stride from one point's values to the next point's, for some tiles.</summary>
    public static nint Apart(int tiles, int channels) => ((nint)tiles * channels) + PointGap;

    /// <summary>First tile of a chunk.</summary>
    public int FirstTile(int chunk) => Division.Cut(chunk, Chunks, Tiles);

    /// <summary>Lengths that a chunk's tiles are summed in.</summary>
    public static int Sums(int tiles) => Division.Ceil(tiles, MostTerms);

    /// <summary>First panel of an item.</summary>
    public int FirstPanel(int item) => Division.Cut(item, PanelItems, panels);
}
