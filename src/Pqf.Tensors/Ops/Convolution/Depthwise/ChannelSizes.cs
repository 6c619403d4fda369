using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>How the channels between a pointwise convolution and the depthwise one that reads its value are cut into ranges.</summary>
/// <param name="Geometry">The depthwise convolution.</param>
/// <param name="Ranges">Ranges of channels of each image.</param>
/// <param name="Panel">Channels of a panel of weights; ranges are whole panels.</param>
readonly record struct ChannelSizes(DepthwiseGeometry Geometry, int Ranges, int Panel)
{
    // Fewer would leave threads idle: each convolution by itself is shared out by rows as well.
    const int PanelsPerThread = 2;

    /// <summary>Ranges of all images.</summary>
    public int ItemCount => Geometry.G.N * Ranges;

    /// <summary>The sizes for a depthwise convolution.</summary>
    /// <param name="geometry">The convolution.</param>
    /// <param name="panel">Channels of a panel of weights.</param>
    /// <param name="threads">Threads to share the work between.</param>
    public static ChannelSizes Of(DepthwiseGeometry geometry, int panel, int threads)
    {
        var g = geometry.G;
        int panels = Division.Ceil(g.InChannels, panel),
            ranges = Division.Ceil(panels, MostPanels(g.H * g.W, panel));
        return new(geometry, Division.EvenParts(ranges, g.N, threads, panels), panel);
    }

    /// <summary>Whether ranges of channels, with all pixels of an image, stay in a thread's room and in its cache.</summary>
    /// <param name="value">[N, H, W, C], between the two.</param>
    /// <param name="panel">Channels of a panel of weights.</param>
    public static bool Fit(Shape value, int panel) => !BlockSizes.IsLarge(value) && MostPanels(value[1] * value[2], panel) > 0;

    /// <summary>Whether it is faster to run the two together so. The result does not depend on it.</summary>
    /// <param name="value">[N, H, W, C], between the two.</param>
    /// <param name="panel">Channels of a panel of weights.</param>
    /// <param name="threads">Threads to share the work between.</param>
    public static bool Pay(Shape value, int panel, int threads) =>
        Fit(value, panel) && (long)value[0] * Division.Ceil(value[3], panel) >= PanelsPerThread * threads;

    static int MostPanels(int pixels, int panel) => HostDevice.RoomSizeBytes / sizeof(float) / panel / Math.Max(1, pixels);

    /// <summary>The first channel of a range.</summary>
    public int FirstChannel(int range) =>
        Math.Min(Geometry.G.InChannels, Division.Cut(range, Ranges, Division.Ceil(Geometry.G.InChannels, Panel)) * Panel);
}
