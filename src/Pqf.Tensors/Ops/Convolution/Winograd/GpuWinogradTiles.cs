namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>Tiles of 4 × 4 outputs of a 3 × 3 convolution of stride 1, image by image and row by row, each with its patch of 6 × 6
/// inputs.</summary>
/// <remarks>Transformed inputs are [tiles, 36, C], products [tiles, 36, O]: in both, neighbouring work items have neighbouring channels,
/// and the 36 points of a tile are the groups of a pointwise convolution.</remarks>
/// <param name="N">Images.</param>
/// <param name="Input">Rows and columns of an input.</param>
/// <param name="Output">Rows and columns of an output.</param>
/// <param name="Grid">Rows and columns of tiles in an image.</param>
/// <param name="Padding">Zeros on each side.</param>
/// <param name="InChannels">C.</param>
/// <param name="OutChannels">O.</param>
readonly record struct GpuWinogradTiles(int N, Pair Input, Pair Output, Pair Grid, Pair Padding, int InChannels, int OutChannels)
{
    public const int Side = 4;

    public const int Edge = 6;

    public const int Points = Edge * Edge;

    // What the transformed values of a chunk of tiles may take. On an H200 the 3×3 layers of ResNet-18 at batch 128 take 0.61 to 0.95 of
    // the time that gathering takes with 24 MiB, 0.48 to 0.74 with 64 and 0.43 to 0.65 with 160: full launches matter more than what stays
    // in the second-level cache.
    public const int ChunkBytes = 160 << 20;

    // Rows of the larger tile of a product: a chunk of whole ones wastes nothing.
    const int ProductRows = 128;

    public static GpuWinogradTiles Of(ConvGeometry g) =>
        new(
            g.N,
            new(g.H, g.W),
            new(g.OutH, g.OutW),
            new(Division.Ceil(g.OutH, Side), Division.Ceil(g.OutW, Side)),
            g.Padding,
            g.InChannels,
            g.OutChannels
        );

    /// <summary>Tiles of all images.</summary>
    public int Count => N * Grid.H * Grid.W;

    /// <summary>Tiles whose transformed inputs and products take so many bytes at most; at least one.</summary>
    public int Within(int sizeBytes)
    {
        int most = Math.Max(1, sizeBytes / (sizeof(float) * Points * (InChannels + OutChannels)));
        return most < ProductRows ? most : most / ProductRows * ProductRows;
    }

    /// <summary>The products of a chunk of tiles as a pointwise convolution of 36 groups.</summary>
    public static ConvGeometry Products(int tileCount, int inChannels, int outChannels) =>
        new(tileCount, 1, 1, Points * inChannels, Points * outChannels, 1, 1, 0, 1, Points);

    /// <summary>Where a tile is.</summary>
    public GpuWinogradTile At(int tile) => new(tile / Grid.W / Grid.H, tile / Grid.W % Grid.H * Side, tile % Grid.W * Side);
}

/// <summary>A tile: its image, and the row and column of its first output.</summary>
readonly record struct GpuWinogradTile(int Image, int Row, int Column);
