namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>How a product over pixels, [terms, pixels] · [pixels, columns], is cut: into parts of the pixels, and those into items of some
/// terms and columns.</summary>
/// <param name="Parts">Each has sums of its own. They follow from the product's sizes alone; only they change results.</param>
/// <param name="TermItems">Items along the terms.</param>
/// <param name="ColumnItems">Items along the columns.</param>
readonly record struct PixelSizes(
    int Pixels,
    int Terms,
    int Columns,
    int Tiles,
    int Panels,
    int PanelWidth,
    int Parts,
    int TermItems,
    int ColumnItems
)
{
    // Right operand of an item: 320 pixels of 256 columns take 320 KiB, less than half of what is usual for a core's second level with the
    // left operand's 160.
    const int ItemColumns = 256;

    // Enough parts for many cores, as long as their sums stay small beside the product's own operands.
    const int MostParts = 32;
    const int PartPixels = 2048;
    const int MostSums = 1 << 20;

    // Several items a thread even out what they take.
    const int ItemsPerThread = 4;

    // Parts begin at a multiple of this.
    const int Grain = 64;

    /// <summary>Pixels that are summed in registers, at most: a tile's left operand and a panel take 32 KiB of the first-level cache, 48
    /// where vectors are wide.</summary>
    public int MostBlock => PanelWidth > 16 ? 256 : 320;

    public static PixelSizes Create(int pixels, int terms, int columns, int tileRows, int panelWidth, int threads)
    {
        int panels = Division.Ceil(columns, panelWidth),
            tiles = Division.Ceil(terms, tileRows);
        int parts = Math.Clamp(Math.Min(Division.Ceil(pixels, PartPixels), MostSums / (terms * panels * panelWidth)), 1, MostParts);
        int columnItems = Division.Ceil(columns, ItemColumns),
            termItems = Math.Clamp(Division.Ceil(ItemsPerThread * threads, parts * columnItems), 1, tiles);
        return new(pixels, terms, columns, tiles, panels, panelWidth, parts, termItems, columnItems);
    }

    /// <summary>Floats of one part's sums, [terms, whole panels].</summary>
    public int SumCount => Terms * SumsStride;

    /// <summary>Floats from one term's sums to the next.</summary>
    public int SumsStride => Panels * PanelWidth;

    /// <summary>First pixel of a part.</summary>
    public int FirstPixel(int part) => Math.Min(Pixels, Division.Cut(part, Parts, Division.Ceil(Pixels, Grain)) * Grain);
}
