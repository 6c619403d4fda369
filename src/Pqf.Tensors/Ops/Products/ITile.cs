namespace Pqf.Tensors.Ops.Products;

/// <summary>The shape of a group's tile. A work item has 8 × 8 values of it; all shapes fill a multiprocessor with 16 warps of 128
/// registers.</summary>
interface ITile
{
    /// <summary>Rows: 64 or 128.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns: 64 or 128.</summary>
    static abstract int Columns { get; }
}

/// <summary>256 work items, 16.5 KiB of shared memory, two groups a multiprocessor.</summary>
readonly struct Tile128x128 : ITile
{
    public static int Rows => 128;

    public static int Columns => 128;
}

/// <summary>64 work items, 8.5 KiB, eight groups.</summary>
readonly struct Tile64x64 : ITile
{
    public static int Rows => 64;

    public static int Columns => 64;
}
