namespace Pqf.Tensors.Ops.Products;

/// <summary>How a tile's left operand lies in memory: from one row, and from one step of the sum, to the next, in floats.</summary>
interface ITileLayout
{
    static abstract int Row { get; }

    static abstract int Step { get; }
}

/// <summary>[K / 16][rows][16]: gathered rows are copied in whole vectors, and each broadcast has a constant offset.</summary>
readonly struct RowLayout : ITileLayout
{
    public static int Row => 16;

    public static int Step => 1;
}

/// <summary>[K][16], of which the first are the rows: for a left operand that is stored transposed.</summary>
readonly struct ColumnLayout : ITileLayout
{
    public static int Row => 1;

    public static int Step => 16;
}

/// <summary>[K][8], for tiles of at most eight rows: half the memory of <see cref="ColumnLayout"/>.</summary>
readonly struct NarrowColumnLayout : ITileLayout
{
    public static int Row => 1;

    public static int Step => 8;
}

/// <summary>Rows six floats apart: three channels at stride 2, read where they lie.</summary>
readonly struct StemLayout : ITileLayout
{
    public static int Row => 6;

    public static int Step => 1;
}
