namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>How a depthwise convolution and the pointwise ones beside it are cut into bands of output rows, and the room for the rows
/// between them.</summary>
/// <param name="Geometry">The depthwise convolution.</param>
/// <param name="Bands">Bands of an image.</param>
/// <param name="FirstRows">Rows that a thread keeps of the value before the depthwise convolution; 0 where it reads the input.</param>
/// <param name="LastRows">Rows that a thread keeps of the value behind it; 0 where that is the output.</param>
readonly record struct BlockSizes(DepthwiseGeometry Geometry, int Bands, int FirstRows, int LastRows)
{
    // A quarter of a second-level cache of one megabyte; the rest is for weights and for what comes in and goes out.
    const int RoomSizeBytes = 256 << 10;

    // Where the least room that will do is larger than this, the value between would leave the cache.
    const int LargestRoomSizeBytes = 512 << 10;

    // Rows behind the depthwise convolution, for the product is faster for several at a time.
    const int LastRoomSizeBytes = 64 << 10;

    // Weights that stay in the second level beside the room: each band, and each few rows of it, read them all.
    const int LargestWeightSizeBytes = 256 << 10;

    // A value between of this size, of one image, does not stay in the second level from one convolution to the next.
    const int LeastValueSizeBytes = 1 << 20;

    // Rows that two bands share are computed twice: at most an eighth more work.
    const int OutputsPerSharedRow = 8;

    // Bands for each thread, so that one that is late leaves little behind.
    const int BandsPerThread = 4;

    /// <summary>Floats of a row before the depthwise convolution.</summary>
    public nint RowFloats => (nint)Geometry.G.W * Geometry.G.InChannels;

    /// <summary>Floats of a row behind it.</summary>
    public nint OutRowFloats => (nint)Geometry.OutW * Geometry.G.OutChannels;

    /// <summary>Floats of the rows before it in a thread's room.</summary>
    public nint FirstFloats => FirstRows * RowFloats;

    /// <summary>Floats of a thread's room.</summary>
    public nint RoomFloats => FirstFloats + (LastRows * OutRowFloats);

    /// <summary>Bands of all images.</summary>
    public int ItemCount => Geometry.G.N * Bands;

    /// <summary>Whether it is faster to run a pointwise convolution together with the depthwise one that reads its value. The result does
    /// not depend on it.</summary>
    /// <param name="value">[N, H, W, C], between them.</param>
    /// <param name="pointwise">[C, K, 1, 1].</param>
    /// <param name="depthwise">[C, 1, kH, kW].</param>
    /// <param name="options">Of the depthwise convolution.</param>
    public static bool PayFirst(Shape value, Shape pointwise, Shape depthwise, Conv2dOptions options) =>
        IsWide(value, pointwise)
        && RowSizeBytes(value) * (((depthwise[2] - 1) * (long)options.Dilation.H) + 1 + options.Stride.H) <= LargestRoomSizeBytes;

    /// <summary>As <see cref="PayFirst"/>, for the pointwise convolution behind a depthwise one.</summary>
    /// <param name="value">[N, H', W', C], between them.</param>
    /// <param name="pointwise">[O, C, 1, 1].</param>
    public static bool PayLast(Shape value, Shape pointwise) => IsWide(value, pointwise) && RowSizeBytes(value) <= LastRoomSizeBytes;

    /// <summary>The sizes for a depthwise convolution.</summary>
    /// <param name="geometry">The convolution.</param>
    /// <param name="hasFirst">Whether there is a pointwise one before it.</param>
    /// <param name="hasLast">Whether there is one behind it.</param>
    /// <param name="threads">Threads to share the work between.</param>
    public static BlockSizes Of(DepthwiseGeometry geometry, bool hasFirst, bool hasLast, int threads)
    {
        var g = geometry.G;
        int span = ((g.Kernel.H - 1) * g.Dilation.H) + 1,
            shared = hasFirst ? Math.Max(0, span - g.Stride.H) : 0,
            mostBands = shared == 0 ? geometry.OutH : geometry.OutH * g.Stride.H / (shared * OutputsPerSharedRow),
            wanted = Math.Clamp(Division.Ceil(BandsPerThread * threads, Math.Max(1, g.N)), 1, Math.Max(1, mostBands)),
            bands = Division.EvenParts(wanted, g.N, threads, geometry.OutH),
            fit = RoomSizeBytes / Math.Max(1, g.W * g.InChannels * sizeof(float)),
            firstRows = Math.Min(Math.Max(span + g.Stride.H, fit), Math.Max(1, g.H)),
            lastRows = Math.Max(1, LastRoomSizeBytes / Math.Max(1, geometry.OutW * g.OutChannels * sizeof(float)));
        return new(geometry, bands, hasFirst ? firstRows : 0, hasLast ? Math.Min(lastRows, geometry.OutH) : 0);
    }

    /// <summary>The first row before the depthwise convolution that an output row reads; the number of rows where it reads none.</summary>
    public int FirstRow(int oy) => Math.Clamp(Geometry.G.InputRow(oy, 0), 0, Geometry.G.H);

    /// <summary>One past the last row before it that an output row reads.</summary>
    public int EndRow(int oy) => Math.Clamp(Geometry.G.InputRow(oy, Geometry.G.Kernel.H - 1) + 1, 0, Geometry.G.H);

    /// <summary>Whether a value between, of one image, leaves the second level from one convolution to the next.</summary>
    /// <param name="value">[N, H, W, C].</param>
    public static bool IsLarge(Shape value) => RowSizeBytes(value) * value[1] >= LeastValueSizeBytes;

    static bool IsWide(Shape value, Shape pointwise) => IsLarge(value) && (long)pointwise.Count * sizeof(float) <= LargestWeightSizeBytes;

    static long RowSizeBytes(Shape value) => (long)value[2] * value[3] * sizeof(float);
}
