using System.Numerics;
using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>The left operand of a product over pixels, term by term, which need not exist as a matrix: <see cref="ITileRows"/> of the
/// column layout.</summary>
readonly unsafe struct PixelProduct<S, V, L, TRows>(PixelSizes sizes, TRows rows, float* right, int rightStride, float* sums, byte* scratch)
    : IHostWork
    where S : struct, ISimd<V>
    where V : unmanaged
    where L : struct, ITileLayout
    where TRows : unmanaged, ITileRows
{
    public int ItemCount => sizes.Parts * sizes.TermItems * sizes.ColumnItems;

    // Tiles gathered together, so many pixels at a time: a pixel's line is read once for several tiles, for lines of many channels lie a
    // power of two apart and drive one another out of the cache.
    const int GatheredPixels = 32,
        PackedPixels = 8;

    static int GatheredTiles => 128 / L.Step;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Invoke(int item, int thread)
    {
        int termItem = item % sizes.TermItems,
            columnItem = item / sizes.TermItems % sizes.ColumnItems,
            part = item / sizes.TermItems / sizes.ColumnItems;
        int firstTile = Division.Cut(termItem, sizes.TermItems, sizes.Tiles),
            endTile = Division.Cut(termItem + 1, sizes.TermItems, sizes.Tiles);
        int firstPanel = Division.Cut(columnItem, sizes.ColumnItems, sizes.Panels),
            endPanel = Division.Cut(columnItem + 1, sizes.ColumnItems, sizes.Panels);
        float* panels = (float*)(scratch + ((long)thread * HostDevice.ScratchSizeBytes)),
            left = panels + ((nint)sizes.MostBlock * sizes.PanelWidth * (endPanel - firstPanel));
        int first = sizes.FirstPixel(part),
            end = sizes.FirstPixel(part + 1),
            blocks = Division.Ceil(end - first, sizes.MostBlock);
        for (int block = 0; block < blocks; block++)
        {
            int pixel = first + Division.Cut(block, blocks, end - first);
            Tile tile = default;
            tile.K = first + Division.Cut(block + 1, blocks, end - first) - pixel;
            tile.Run = 16;
            tile.RowsStride = sizes.SumsStride;
            tile.Accumulate = block > 0;
            PackPanels(firstPanel, endPanel, pixel, tile.K, panels);
            for (int i = firstTile; i < endTile; i += GatheredTiles)
            {
                int endGathered = Math.Min(endTile, i + GatheredTiles);
                GatherTiles(i, endGathered, pixel, tile.K, left);
                for (int j = i; j < endGathered; j++)
                {
                    int term = Term(j);
                    for (int panel = firstPanel; panel < endPanel; panel++)
                    {
                        Tile local = tile;
                        local.A = left + ((nint)(j - i) * TileStride(tile.K));
                        local.B = panels + ((nint)(panel - firstPanel) * tile.K * sizes.PanelWidth);
                        local.C = sums + ((nint)part * sizes.SumCount) + ((nint)term * sizes.SumsStride) + (panel * sizes.PanelWidth);
                        HostTile<S, V, L>.Run(&local, Term(j + 1) - term);
                    }
                }
            }
        }
    }

    int Term(int tile) => Division.Cut(tile, sizes.Tiles, sizes.Terms);

    /// <summary>A line more than its values, lest the tiles' lines drive one another out.</summary>
    static int TileStride(int pixels) => (pixels * L.Step) + 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void GatherTiles(int firstTile, int endTile, int pixel, int count, float* to)
    {
        for (int i = 0; i < count; i += GatheredPixels)
        for (int tile = firstTile; tile < endTile; tile++)
            rows.Gather(
                Term(tile),
                Term(tile + 1) - Term(tile),
                pixel + i,
                Math.Min(GatheredPixels, count - i),
                to + ((nint)(tile - firstTile) * TileStride(count)) + (i * L.Step),
                null
            );
    }

    /// <summary>Columns of some pixels side by side in panels, a few pixels at a time across all panels; missing columns are
    /// zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void PackPanels(int firstPanel, int endPanel, int pixel, int count, float* to)
    {
        for (int i = 0; i < count; i += PackedPixels)
        for (int panel = firstPanel; panel < endPanel; panel++)
            PackPanel(
                panel,
                pixel + i,
                Math.Min(PackedPixels, count - i),
                to + ((((nint)(panel - firstPanel) * count) + i) * sizes.PanelWidth)
            );
    }

    void PackPanel(int panel, int pixel, int count, float* to)
    {
        int column = panel * sizes.PanelWidth,
            width = Math.Min(sizes.PanelWidth, sizes.Columns - column);
        float* from = right + ((nint)pixel * rightStride) + column;
        for (int i = 0; i < count; i++, from += rightStride, to += sizes.PanelWidth)
        {
            Floats.Copy(from, to, width);
            if (width < sizes.PanelWidth)
                Floats.Clear(to + width, sizes.PanelWidth - width);
        }
    }
}

/// <summary>Adds the parts' sums in order: [terms, columns].</summary>
readonly unsafe struct AddRows(PixelSizes sizes, float* sums, float* weights) : IHostWork
{
    const int Rows = 16;

    public static int ItemCount(PixelSizes sizes) => Division.Ceil(sizes.Terms, Rows);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Invoke(int item, int thread)
    {
        int end = Math.Min(sizes.Terms, (item + 1) * Rows);
        for (int row = item * Rows; row < end; row++)
        {
            float* from = sums + ((nint)row * sizes.SumsStride),
                to = weights + ((nint)row * sizes.Columns);
            int i = 0;
            for (; i <= sizes.Columns - Vector<float>.Count; i += Vector<float>.Count)
            {
                var sum = Vector.Load(from + i);
                for (int part = 1; part < sizes.Parts; part++)
                    sum += Vector.Load(from + ((nint)part * sizes.SumCount) + i);
                Vector.Store(sum, to + i);
            }

            for (; i < sizes.Columns; i++)
            {
                float sum = from[i];
                for (int part = 1; part < sizes.Parts; part++)
                    sum += from[((nint)part * sizes.SumCount) + i];
                to[i] = sum;
            }
        }
    }
}

/// <summary>Adds the parts' sums in order and brings them from [taps, I, O] to [O, I, taps].</summary>
readonly unsafe struct AddParts(PixelSizes sizes, float* sums, int channels, int taps, float* weights) : IHostWork
{
    const int Outputs = 16;

    public static int ItemCount(PixelSizes sizes) => Division.Ceil(sizes.Columns, Outputs);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Invoke(int item, int thread)
    {
        int first = item * Outputs,
            count = Math.Min(Outputs, sizes.Columns - first);
        float* sum = stackalloc float[Outputs];
        for (int c = 0; c < channels; c++)
        for (int tap = 0; tap < taps; tap++)
        {
            float* from = sums + ((((nint)tap * channels) + c) * sizes.SumsStride) + first;
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
