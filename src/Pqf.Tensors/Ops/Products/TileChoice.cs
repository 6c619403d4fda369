namespace Pqf.Tensors.Ops.Products;

/// <summary>How a product is cut: into tiles of which shape, and each sum into how many parts.</summary>
/// <remarks>
/// Chosen from the product's sizes alone, whatever the device: one input, one result. The estimate is of a card with some 128
/// multiprocessors; it is not measured:
/// the kernels have not run on one yet.
/// </remarks>
readonly record struct TileChoice(TileShape Shape, int Parts)
{
    // A100 has 108, H100 132.
    const int Multiprocessors = 128;

    // Warps that keep a multiprocessor busy: two for each of its four schedulers, with 64 independent multiply-adds each.
    const int BusyWarps = 8;

    // In terms of one warp's work, 32 cycles: filling the first panel and storing the tile; the launch that adds up the parts, about 4 µs.
    const int TileTerms = 32;
    const int LaunchTerms = 150;

    // Values that the second-level cache moves in the time of one term.
    const int CacheValues = 16_000;

    // Parts of fewer terms are not worth their traffic.
    const int LeastPartTerms = 32;
    const int MostParts = 64;

    static readonly TileShape[] Shapes = Enum.GetValues<TileShape>();

    // Rows and columns.
    int Side => Shape == TileShape.Rows128Columns128 ? 128 : 64;

    // Of the multiply-adds' rate: smaller tiles read more from cache and shared memory.
    double Efficiency => Shape == TileShape.Rows128Columns128 ? 1 : 0.9;

    /// <summary>The choice with the least estimated time; the larger tile and the fewer parts of equal ones.</summary>
    public static TileChoice Of(int rows, int columns, int groups, int terms, int mostParts = MostParts)
    {
        TileChoice best = default;
        double least = double.PositiveInfinity;
        foreach (var shape in Shapes)
            for (int parts = 1; parts <= mostParts && (parts == 1 || terms >= parts * LeastPartTerms); parts *= 2)
            {
                var choice = new TileChoice(shape, parts);
                double estimate = choice.Estimate(rows, columns, groups, terms);
                if (estimate < least)
                    (best, least) = (choice, estimate);
            }

        return best;
    }

    /// <summary>The tiles of a product under this choice.</summary>
    public TileGrid Grid(int rows, int columns, int groups, int terms)
    {
        int partTerms = (((terms + Parts - 1) / Parts) + TilePanels.Terms - 1) / TilePanels.Terms * TilePanels.Terms;
        return new((rows + Side - 1) / Side, (columns + Side - 1) / Side, groups, terms, Math.Max(partTerms, TilePanels.Terms));
    }

    double Estimate(int rows, int columns, int groups, int terms)
    {
        var grid = Grid(rows, columns, groups, terms);
        int warps = Side * Side / 64 / 32 * ((grid.Count + Multiprocessors - 1) / Multiprocessors);
        double values = (double)grid.Parts * rows * columns * groups;
        double sums = grid.Parts == 1 ? 0 : LaunchTerms + (2 * values / CacheValues);
        return values > int.MaxValue
            ? double.PositiveInfinity
            : (((grid.PartTerms + TileTerms) * Math.Max(warps, BusyWarps)) / Efficiency) + sums;
    }
}
