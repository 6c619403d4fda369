using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

/// <summary>How a product over pixels, [terms, pixels] · [pixels, columns], is cut: into parts of the pixels, and those into items of some terms and columns.</summary>
/// <param name="Parts">Each has sums of its own. They follow from the product's sizes alone; only they change results.</param>
/// <param name="TermItems">Items along the terms.</param>
/// <param name="ColumnItems">Items along the columns.</param>
readonly record struct PixelSizes(int Pixels, int Terms, int Columns, int Tiles, int Panels, int PanelWidth, int Parts, int TermItems, int ColumnItems)
{
    /// <summary>Pixels that are summed in registers: a tile's left operand takes 16 KiB of the first-level cache.</summary>
    public const int Block = 256;

    // Right operand of an item: 256 pixels of 256 columns take 256 KiB, a quarter of what is usual for a core's second level.
    const int ItemColumns = 256;

    // Enough parts for many cores, as long as their sums stay small beside the product's own operands.
    const int MostParts = 32;
    const int PartPixels = 8 * Block;
    const int MostSums = 1 << 20;

    // Several items a thread even out what they take.
    const int ItemsPerThread = 4;

    public static PixelSizes Create(int pixels, int terms, int columns, int tileRows, int panelWidth, int threads)
    {
        int panels = ProductSizes.Ceil(columns, panelWidth), tiles = ProductSizes.Ceil(terms, tileRows);
        int parts = Math.Clamp(Math.Min(ProductSizes.Ceil(pixels, PartPixels), MostSums / (terms * panels * panelWidth)), 1, MostParts);
        int columnItems = ProductSizes.Ceil(columns, ItemColumns), termItems = Math.Clamp(ProductSizes.Ceil(ItemsPerThread * threads, parts * columnItems), 1, tiles);
        return new(pixels, terms, columns, tiles, panels, panelWidth, parts, termItems, columnItems);
    }

    /// <summary>Floats of one part's sums, [terms, whole panels].</summary>
    public int SumCount => Terms * SumsApart;

    /// <summary>Floats from one term's sums to the next.</summary>
    public int SumsApart => Panels * PanelWidth;

    /// <summary>First pixel of a part: whole blocks.</summary>
    public int FirstPixel(int part) => Math.Min(Pixels, ProductSizes.Cut(part, Parts, ProductSizes.Ceil(Pixels, Block)) * Block);
}

/// <summary>The left operand of a product over pixels, term by term, which need not exist as a matrix: <see cref="ITileRows"/> of the column layout.</summary>
readonly unsafe struct PixelProduct<S, V, TRows>(PixelSizes sizes, TRows rows, float* right, int rightApart, float* sums, byte* scratch) : IHostWork
    where S : struct, ISimd<V>
    where V : unmanaged
    where TRows : unmanaged, ITileRows
{
    public int ItemCount => sizes.Parts * sizes.TermItems * sizes.ColumnItems;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Invoke(int item, int thread)
    {
        int termItem = item % sizes.TermItems, columnItem = item / sizes.TermItems % sizes.ColumnItems, part = item / sizes.TermItems / sizes.ColumnItems;
        int firstTile = ProductSizes.Cut(termItem, sizes.TermItems, sizes.Tiles), endTile = ProductSizes.Cut(termItem + 1, sizes.TermItems, sizes.Tiles);
        int firstPanel = ProductSizes.Cut(columnItem, sizes.ColumnItems, sizes.Panels), endPanel = ProductSizes.Cut(columnItem + 1, sizes.ColumnItems, sizes.Panels);
        float* panels = (float*)(scratch + ((long)thread * HostDevice.ScratchSizeBytes)), left = panels + ((nint)PixelSizes.Block * sizes.PanelWidth * (endPanel - firstPanel));
        int first = sizes.FirstPixel(part), end = sizes.FirstPixel(part + 1);
        for (int pixel = first; pixel < end; pixel += PixelSizes.Block)
        {
            Tile tile = default;
            tile.K = Math.Min(PixelSizes.Block, end - pixel);
            tile.Run = 16;
            tile.RowsApart = sizes.SumsApart;
            tile.Accumulate = pixel > first;
            for (int panel = firstPanel; panel < endPanel; panel++)
                PackPanel(panel, pixel, tile.K, panels + ((nint)(panel - firstPanel) * tile.K * sizes.PanelWidth));
            for (int i = firstTile; i < endTile; i++)
            {
                int term = ProductSizes.Cut(i, sizes.Tiles, sizes.Terms), count = ProductSizes.Cut(i + 1, sizes.Tiles, sizes.Terms) - term;
                rows.Gather(term, count, pixel, tile.K, left, null);
                for (int panel = firstPanel; panel < endPanel; panel++)
                {
                    Tile local = tile;
                    local.A = left;
                    local.B = panels + ((nint)(panel - firstPanel) * tile.K * sizes.PanelWidth);
                    local.C = sums + ((nint)part * sizes.SumCount) + ((nint)term * sizes.SumsApart) + (panel * sizes.PanelWidth);
                    TileKernel<S, V, ColumnLayout>.Run(&local, count);
                }
            }
        }
    }

    /// <summary>Some columns of some pixels side by side; missing columns are zeros.</summary>
    void PackPanel(int panel, int pixel, int count, float* to)
    {
        int column = panel * sizes.PanelWidth, width = Math.Min(sizes.PanelWidth, sizes.Columns - column);
        float* from = right + ((nint)pixel * rightApart) + column;
        for (int i = 0; i < count; i++, from += rightApart, to += sizes.PanelWidth)
        {
            Floats.Copy(from, to, width);
            if (width < sizes.PanelWidth)
                Floats.Clear(to + width, sizes.PanelWidth - width);
        }
    }
}

/// <summary>Adds the parts' sums in order and brings them from [taps, I, O] to [O, I, taps].</summary>
readonly unsafe struct AddParts(PixelSizes sizes, float* sums, int channels, int taps, float* weights) : IHostWork
{
    const int Outputs = 16;

    public static int ItemCount(PixelSizes sizes) => ProductSizes.Ceil(sizes.Columns, Outputs);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Invoke(int item, int thread)
    {
        int first = item * Outputs, count = Math.Min(Outputs, sizes.Columns - first);
        float* sum = stackalloc float[Outputs];
        for (int c = 0; c < channels; c++)
            for (int tap = 0; tap < taps; tap++)
            {
                float* from = sums + ((((nint)tap * channels) + c) * sizes.SumsApart) + first;
                Floats.Copy(from, sum, count);
                for (int part = 1; part < sizes.Parts; part++)
                {
                    from += sizes.SumCount;
                    for (int i = 0; i < count; i++)
                        sum[i] += from[i];
                }

                float* to = weights + ((nint)first * sizes.Terms) + (c * taps) + tap;
                for (int i = 0; i < count; i++)
                    to[(nint)i * sizes.Terms] = sum[i];
            }
    }
}
