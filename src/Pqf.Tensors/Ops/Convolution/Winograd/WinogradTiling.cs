namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>The tiles of images of one size: those of m × m, and with m = 4 some that are a pixel shorter, so that they fill the
/// image.</summary>
/// <remarks>
/// Seven pixels are a tile of 4 and one of 3 instead of two of 4. F(3, 3) has all points of F(4, 3) but one, <see cref="LongPoint"/>, and
/// its inputs are scaled so that both have the same transformed weights. Tiles stand in an order in which those that have a point are
/// neighbours: high and narrow, high and wide, low and wide, low and narrow; within each, image by image and row by row.
/// </remarks>
readonly struct WinogradTiling
{
    /// <summary>The point, along one side, that tiles of 3 do not have: −2.</summary>
    public const int LongPoint = 4;

    public readonly TileSide Rows,
        Columns;

    readonly int images;

    public WinogradTiling(int images, int outH, int outW, int m)
    {
        this.images = images;
        (Rows, Columns) = (new(outH, m), new(outW, m));
    }

    /// <summary>All tiles.</summary>
    public int Count => images * Rows.Count * Columns.Count;

    int HighNarrow => images * Rows.Long * Columns.Short;

    int High => images * Rows.Long * Columns.Count;

    /// <summary>The tiles that have a point: from the first to before the end.</summary>
    /// <param name="row">Of the point.</param>
    /// <param name="column">Of the point.</param>
    public (int First, int End) Having(int row, int column)
    {
        bool isLongRow = Rows.Short > 0 && row == LongPoint,
            isLongColumn = Columns.Short > 0 && column == LongPoint;
        return (
            isLongColumn ? HighNarrow : 0,
            isLongRow ? High
            : isLongColumn ? High + (images * Rows.Short * Columns.Long)
            : Count
        );
    }

    /// <summary>The place of a tile.</summary>
    public WinogradCursor At(int tile) => new(this, images, tile);
}

/// <summary>How one side of an image is cut: <see cref="Long"/> parts of m, then <see cref="Short"/> of m − 1.</summary>
readonly struct TileSide
{
    readonly int m;

    public readonly int Count,
        Short;

    public TileSide(int size, int m)
    {
        this.m = m;
        Count = Division.Ceil(size, m);
        Short = m == 4 ? Math.Min(Count, (Count * m) - size) : 0; // F(2, 3) has no shorter one
    }

    public int Long => Count - Short;

    /// <summary>First pixel of a part.</summary>
    public int Start(int part) => (part * m) - Math.Max(0, part - Long);

    /// <summary>Pixels of a part.</summary>
    public int Size(int part) => part < Long ? m : m - 1;
}

/// <summary>The place of a tile: image, and row and column among its tiles.</summary>
struct WinogradCursor
{
    readonly WinogradTiling tiling;
    readonly int images;
    int kind,
        endRow,
        firstColumn,
        endColumn;

    public WinogradCursor(WinogradTiling tiling, int images, int tile)
    {
        (this.tiling, this.images) = (tiling, images);
        kind = -1;
        int before = 0,
            size = 0;
        do
        {
            before += size;
            Enter(kind + 1);
            size = kind > Last ? int.MaxValue : images * (endRow - Row) * (endColumn - firstColumn);
        } while (tile - before >= size);
        if (kind > Last)
            return; // beyond all tiles
        int columns = endColumn - firstColumn,
            rows = endRow - Row,
            inKind = tile - before;
        N = inKind / columns / rows;
        Row += inKind / columns % rows;
        Column = firstColumn + (inKind % columns);
    }

    const int Last = 3;

    public int N { get; private set; }

    public int Row { get; private set; }

    public int Column { get; private set; }

    readonly int FirstRow => kind < 2 ? 0 : tiling.Rows.Long;

    public void Next()
    {
        if (++Column < endColumn)
            return;
        Column = firstColumn;
        if (++Row < endRow)
            return;
        Row = FirstRow;
        if (++N < images)
            return;
        do Enter(kind + 1);
        while (kind <= Last && (Row >= endRow || Column >= endColumn));
    }

    /// <summary>Goes to the first tile of a kind, which may have none.</summary>
    void Enter(int next)
    {
        kind = next;
        bool isNarrow = kind is 0 or Last;
        (N, Row, endRow) = (0, FirstRow, kind < 2 ? tiling.Rows.Long : tiling.Rows.Count);
        (firstColumn, endColumn) = isNarrow ? (tiling.Columns.Long, tiling.Columns.Count) : (0, tiling.Columns.Long);
        Column = firstColumn;
    }
}
