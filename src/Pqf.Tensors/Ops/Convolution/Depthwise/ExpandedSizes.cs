namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>How a pointwise and a depthwise convolution are cut into bands of output rows, and the room for the rows between
/// them.</summary>
/// <param name="Geometry">The depthwise convolution.</param>
/// <param name="Bands">Bands of an image.</param>
/// <param name="RoomRows">Rows of the value between that a thread keeps.</param>
readonly record struct ExpandedSizes(DepthwiseGeometry Geometry, int Bands, int RoomRows)
{
    // A quarter of a second-level cache of one megabyte; the rest is for weights and for what comes in and goes out.
    const int RoomSizeBytes = 256 << 10;

    // Where the least room that will do is larger than this, the value between would leave the cache.
    const int LargestRoomSizeBytes = 512 << 10;

    // Weights that stay in the second level beside the room: each band, and each few rows of it, read them all.
    const int LargestWeightSizeBytes = 256 << 10;

    // A value between of this size, of one image, does not stay in the second level from one convolution to the next.
    const int LeastValueSizeBytes = 1 << 20;

    // Rows that two bands share are computed twice: at most an eighth more work.
    const int OutputsPerSharedRow = 8;

    // Bands for each thread, so that one that is late leaves little behind.
    const int BandsPerThread = 4;

    /// <summary>Floats of a row of the value between.</summary>
    public nint RowFloats => (nint)Geometry.G.W * Geometry.G.InChannels;

    /// <summary>Floats of a thread's room.</summary>
    public nint RoomFloats => RoomRows * RowFloats;

    /// <summary>Bands of all images.</summary>
    public int ItemCount => Geometry.G.N * Bands;

    /// <summary>Whether it is faster to run both together. The result does not depend on it.</summary>
    /// <param name="x">[N, H, W, K].</param>
    /// <param name="first">[C, K, 1, 1], the pointwise weights.</param>
    /// <param name="weight">[C, 1, kH, kW], the depthwise weights.</param>
    /// <param name="options">Of the depthwise convolution.</param>
    public static bool Pay(Shape x, Shape first, Shape weight, Conv2dOptions options)
    {
        long row = (long)x[2] * first[0] * sizeof(float);
        return row * x[1] >= LeastValueSizeBytes
            && row * LeastRows(weight[2], options) <= LargestRoomSizeBytes
            && (long)first.Count * sizeof(float) <= LargestWeightSizeBytes;
    }

    /// <summary>The sizes for a depthwise convolution.</summary>
    public static ExpandedSizes Of(DepthwiseGeometry geometry, int threads)
    {
        var g = geometry.G;
        int span = ((g.Kernel.H - 1) * g.Dilation.H) + 1,
            shared = Math.Max(0, span - g.Stride.H),
            rowSizeBytes = Math.Max(1, g.W * g.InChannels * sizeof(float)),
            mostBands = shared == 0 ? geometry.OutH : geometry.OutH * g.Stride.H / (shared * OutputsPerSharedRow),
            bands = Math.Clamp(Division.Ceil(BandsPerThread * threads, Math.Max(1, g.N)), 1, Math.Max(1, mostBands));
        // As many bands for each thread.
        while (g.N * bands % threads != 0 && bands < geometry.OutH)
            bands++;
        int roomRows = Math.Max(span + g.Stride.H, RoomSizeBytes / rowSizeBytes);
        return new(geometry, bands, Math.Min(roomRows, Math.Max(1, g.H)));
    }

    /// <summary>The first row between that an output row reads; the number of rows where it reads none.</summary>
    public int FirstRow(int oy) => Math.Clamp(Geometry.G.InputRow(oy, 0), 0, Geometry.G.H);

    /// <summary>One past the last row between that an output row reads.</summary>
    public int EndRow(int oy) => Math.Clamp(Geometry.G.InputRow(oy, Geometry.G.Kernel.H - 1) + 1, 0, Geometry.G.H);

    static int LeastRows(int taps, Conv2dOptions options) => ((taps - 1) * options.Dilation.H) + 1 + options.Stride.H;
}
