using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>All sizes of one pooling: those of a convolution of the same window, from each channel to itself, but for the size of the
/// output.</summary>
/// <param name="G">The window and the input; its padding is that above and on the left.</param>
/// <param name="OutH">Output rows.</param>
/// <param name="OutW">Output columns.</param>
/// <param name="End">Padding below and on the right.</param>
readonly record struct PoolWindow(ConvGeometry G, int OutH, int OutW, Pair End)
{
    /// <summary>The shape rule that all poolings share.</summary>
    /// <exception cref="ShapeException">The window does not fit.</exception>
    public static PoolWindow Of(string op, Shape x, Pair kernel, PoolOptions options)
    {
        var (stride, padding, end, dilation) = (options.Stride, options.Padding, options.EndPadding ?? options.Padding, options.Dilation);
        Shapes.Rank(op, "x [N, H, W, C]", x, 4);
        if (kernel.H < 1 || kernel.W < 1 || stride.H < 1 || stride.W < 1)
            throw new ShapeException(op, $"expected a kernel and stride of 1 or more, got {kernel} and {stride}");
        if (dilation.H < 1 || dilation.W < 1)
            throw new ShapeException(op, $"expected a dilation of 1 or more, got {dilation}");
        CheckPadding(op, kernel, dilation, padding, end);
        var reach = new Pair((dilation.H * (kernel.H - 1)) + 1, (dilation.W * (kernel.W - 1)) + 1);
        if (x[1] + padding.H + end.H < reach.H || x[2] + padding.W + end.W < reach.W)
            throw new ShapeException(op, $"expected a kernel within the padded input, got {kernel} with padding {padding} over {x}");
        return new(
            new ConvGeometry(x[0], x[1], x[2], x[3], x[3], kernel, stride, padding, dilation, 1),
            Windows(x[1], padding.H, end.H, reach.H, stride.H, options.CeilMode),
            Windows(x[2], padding.W, end.W, reach.W, stride.W, options.CeilMode),
            end
        );
    }

    /// <summary>[N, H', W', C].</summary>
    public Shape Output => [G.N, OutH, OutW, G.InChannels];

    /// <summary>Whether padding is alike on all sides, no window reaches beyond it, and there are not padding and dilation both.</summary>
    public bool IsPlain => OutH == G.OutH && OutW == G.OutW && End == G.Padding && (G.Dilation == 1 || G.Padding == 0);

    /// <summary>Rows and columns to add below and on the right so that every window is whole; those left over are not counted.</summary>
    public Pair Overhang =>
        new(Missing(OutH, G.Stride.H, Reach.H, G.H + G.Padding.H), Missing(OutW, G.Stride.W, Reach.W, G.W + G.Padding.W));

    /// <summary>The same pooling of an input that was padded by <see cref="ConvGeometry.Padding"/> and <see cref="Overhang"/>.</summary>
    public ConvGeometry OfPadded => G with { H = G.H + G.Padding.H + Overhang.H, W = G.W + G.Padding.W + Overhang.W, Padding = 0 };

    Pair Reach => new((G.Dilation.H * (G.Kernel.H - 1)) + 1, (G.Dilation.W * (G.Kernel.W - 1)) + 1);

    /// <summary>Position of channel 0 of an output pixel.</summary>
    public nint OutputAt(int n, int y, int x) => ((((nint)n * OutH) + y) * OutW + x) * G.InChannels;

    /// <summary>Rows of the input between which an output row's window lies: the first one, and one past the last. Neither grows smaller
    /// from one output row to the next.</summary>
    public (int First, int End) Rows(int y) =>
        (Math.Clamp(G.InputRow(y, 0), 0, G.H), Math.Clamp(G.InputRow(y, G.Kernel.H - 1) + 1, 0, G.H));

    /// <summary>Taps that are not in the padding: the first one, and one past the last.</summary>
    /// <param name="position">Of the first tap.</param>
    /// <param name="dilation">From one tap to the next.</param>
    /// <param name="taps">How many.</param>
    /// <param name="length">Of the input.</param>
    public static (int First, int End) Inside(int position, int dilation, int taps, int length)
    {
        int first = position >= 0 ? 0 : (dilation - 1 - position) / dilation,
            end = Math.Min(taps, (length - position + dilation - 1) / dilation);
        return (first, end);
    }

    /// <summary>First output row whose window covers an input row, without dilation.</summary>
    public int FirstWindowRow(int y) => G.FirstWindowRow(y);

    /// <summary>One past the last such row.</summary>
    public int EndWindowRow(int y) => Math.Min(OutH, ((y + G.Padding.H) / G.Stride.H) + 1);

    /// <summary>Checks a result that the caller provides, without making a shape: steady-state inference allocates nothing.</summary>
    public void CheckOutput(string op, Shape y)
    {
        if (y.Rank != 4 || y[0] != G.N || y[1] != OutH || y[2] != OutW || y[3] != G.InChannels)
            throw new ShapeException(op, $"expected a result of {Output}, got {y}");
    }

    static void CheckPadding(string op, Pair kernel, Pair dilation, Pair padding, Pair end)
    {
        var (h, w) = (dilation.H * (kernel.H - 1), dilation.W * (kernel.W - 1));
        if (padding == end && dilation == 1 && (padding.H < 0 || padding.W < 0 || padding.H > kernel.H / 2 || padding.W > kernel.W / 2))
            throw new ShapeException(op, $"expected padding from 0 to half the kernel {kernel}, got {padding}");
        if (padding.H < 0 || padding.W < 0 || end.H < 0 || end.W < 0 || padding.H > h || padding.W > w || end.H > h || end.W > w)
            throw new ShapeException(op, $"expected padding that the kernel {kernel} reaches across, got {padding} and {end}");
    }

    static int Windows(int length, int before, int after, int reach, int stride, bool ceil)
    {
        int free = length + before + after - reach,
            count = ((free + (ceil ? stride - 1 : 0)) / stride) + 1;
        // A window that would begin behind the input and the padding before it is left out.
        return ceil && (count - 1) * stride >= length + before ? count - 1 : count;
    }

    static int Missing(int count, int stride, int reach, int length) => Math.Max(0, ((count - 1) * stride) + reach - length);
}
