using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Convolution.Grouped;

/// <summary>How a convolution of small groups is cut into items: an image, some of its output rows, some columns of them, and a block of
/// channels, which is one vector of whole groups.</summary>
readonly record struct GroupedSizes
{
    /// <summary>Output pixels that a kernel's call computes side by side.</summary>
    public const int Pixels = 8;

    // Of an item's input, so that it stays in the first-level cache beside the weights.
    const int GatheredBytes = 24 << 10;

    // Pixels of a strip, so that three rows of it fit in there at stride 2 as well.
    const int StripPixels = 56;

    // Larger ones would gather more, or have longer tables of terms, than an item's scratch memory holds.
    const int LargestExtent = 32,
        LargestStride = 2,
        LargestTermCount = 2048;

    const int HalfVector = 8;

    /// <summary>The sizes for an input.</summary>
    /// <param name="g">The convolution.</param>
    /// <param name="lanes">Floats in the machine's vectors: 16 or 8.</param>
    public GroupedSizes(ConvGeometry g, int lanes)
    {
        (G, Lanes) = (g, lanes);
        Blocks = Division.Ceil(g.OutChannels, lanes);
        Strips = Division.Ceil(g.OutW, StripPixels);
        int widest = Division.Ceil(g.OutW, Strips),
            extent = ((g.Kernel.H - 1) * g.Dilation.H) + 1;
        GatheredColumns = (((Division.Ceil(widest, Pixels) * Pixels) - 1) * g.Stride.W) + ((g.Kernel.W - 1) * g.Dilation.W) + 1;
        int rows = GatheredBytes / (GatheredColumns * lanes * sizeof(float));
        BandRows = Math.Clamp(((rows - extent) / g.Stride.H) + 1, 1, g.OutH);
        Bands = Division.Ceil(g.OutH, BandRows);
    }

    /// <summary>The convolution.</summary>
    public ConvGeometry G { get; }

    /// <summary>Floats in a vector.</summary>
    public int Lanes { get; }

    /// <summary>Vectors of channels; the last may be half a vector.</summary>
    public int Blocks { get; }

    /// <summary>Stretches of an output row.</summary>
    public int Strips { get; }

    /// <summary>Pixels of a gathered input row.</summary>
    public int GatheredColumns { get; }

    /// <summary>Floats of an item's gathered input.</summary>
    public int GatheredCount => (((BandRows - 1) * G.Stride.H) + ((G.Kernel.H - 1) * G.Dilation.H) + 1) * GatheredColumns * Lanes;

    /// <summary>Scratch memory of an item: its gathered input, then a vector of lanes and an offset for each term.</summary>
    public int SizeBytes => (GatheredCount * sizeof(float)) + (G.Taps * ((Lanes * sizeof(float)) + sizeof(long)));

    /// <summary>Output rows of an item, at most.</summary>
    public int BandRows { get; }

    /// <summary>Runs of so many rows in an image.</summary>
    public int Bands { get; }

    /// <summary>Items.</summary>
    public int ItemCount => G.N * Bands * Strips * Blocks;

    /// <summary>Whether a convolution has groups of as many channels going in as coming out, a power of two of them, that fill
    /// vectors.</summary>
    /// <param name="host">Where it is to run.</param>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="options">Stride, dilation, groups.</param>
    public static bool Fits(HostDevice host, Shape weight, Conv2dOptions options)
    {
        int size = weight[1],
            lanes = host.Lanes;
        return options.Groups > 1
            && size * options.Groups == weight[0]
            && size > 1
            && lanes % size == 0
            && weight[0] % Math.Max(size, HalfVector) == 0
            && (long)size * weight[2] * weight[3] <= LargestTermCount
            && Extent(weight[2], options.Dilation.H) <= LargestExtent
            && Extent(weight[3], options.Dilation.W) <= LargestExtent
            && options.Stride.H <= LargestStride
            && options.Stride.W <= LargestStride;
    }

    static long Extent(int taps, int dilation) => ((taps - 1L) * dilation) + 1;
}
