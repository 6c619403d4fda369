namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>All sizes of a convolution from each channel to itself, whose padding may differ from side to side.</summary>
/// <param name="G">The kernel and the input; its padding is that above and on the left.</param>
/// <param name="OutH">Output rows.</param>
/// <param name="OutW">Output columns.</param>
readonly record struct DepthwiseGeometry(ConvGeometry G, int OutH, int OutW)
{
    /// <summary>Whether a convolution has one channel in each group, going in and coming out.</summary>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="options">Groups.</param>
    public static bool Fits(Shape weight, Conv2dOptions options) => options.Groups > 1 && options.Groups == weight[0] && weight[1] == 1;

    /// <inheritdoc cref="Fits(Shape, Conv2dOptions)"/>
    /// <param name="g">The convolution.</param>
    public static bool Fits(ConvGeometry g) => g.Groups > 1 && g.Groups == g.OutChannels && g.GroupInChannels == 1;

    /// <summary>The sizes for an input.</summary>
    /// <param name="x">[N, H, W, C], not padded.</param>
    /// <param name="padded">The same convolution of the padded input.</param>
    /// <param name="options">Padding.</param>
    public static DepthwiseGeometry Of(Shape x, ConvGeometry padded, Conv2dOptions options) =>
        new(padded with { H = x[1], W = x[2], Padding = options.Padding }, padded.OutH, padded.OutW);

    /// <summary>Taps of an output row that lie within the input: the first one, and one past the last.</summary>
    public (int First, int End) RowTaps(int y) => Taps(G.InputRow(y, 0), G.Dilation.H, G.Kernel.H, G.H);

    /// <summary>As <see cref="RowTaps"/>, of an output column.</summary>
    public (int First, int End) ColumnTaps(int x) => Taps(G.InputColumn(x, 0), G.Dilation.W, G.Kernel.W, G.W);

    /// <summary>Output columns of which no tap lies in the padding: the first one, and one past the last.</summary>
    public (int First, int End) InsideColumns()
    {
        int first = 0,
            end = OutW;
        while (first < end && ColumnTaps(first) != (0, G.Kernel.W))
            first++;
        while (end > first && ColumnTaps(end - 1) != (0, G.Kernel.W))
            end--;
        return (first, end);
    }

    static (int First, int End) Taps(int position, int dilation, int taps, int length)
    {
        int first = position >= 0 ? 0 : (dilation - 1 - position) / dilation,
            end = position >= length ? 0 : Math.Min(taps, (length - position + dilation - 1) / dilation);
        return (Math.Min(first, Math.Max(first, end)), Math.Max(first, end));
    }
}
