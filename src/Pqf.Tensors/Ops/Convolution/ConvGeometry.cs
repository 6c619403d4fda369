namespace Pqf.Tensors.Ops.Convolution;

/// <summary>All sizes of one convolution over NHWC activations; the only place where its index arithmetic is written.</summary>
/// <param name="N">Images.</param>
/// <param name="H">Input rows.</param>
/// <param name="W">Input columns.</param>
/// <param name="InChannels">Channels of the input, all groups together.</param>
/// <param name="OutChannels">Channels of the output, all groups together.</param>
/// <param name="Kernel">Taps.</param>
/// <param name="Stride">Steps between neighbouring outputs.</param>
/// <param name="Padding">Zeros on each side.</param>
/// <param name="Dilation">Steps between neighbouring taps.</param>
/// <param name="Groups">Groups of channels.</param>
readonly record struct ConvGeometry(
    int N,
    int H,
    int W,
    int InChannels,
    int OutChannels,
    Pair Kernel,
    Pair Stride,
    Pair Padding,
    Pair Dilation,
    int Groups
)
{
    /// <summary>Output rows.</summary>
    public int OutH => ((H + (2 * Padding.H) - (Dilation.H * (Kernel.H - 1)) - 1) / Stride.H) + 1;

    /// <summary>Output columns.</summary>
    public int OutW => ((W + (2 * Padding.W) - (Dilation.W * (Kernel.W - 1)) - 1) / Stride.W) + 1;

    /// <summary>Input channels that one output channel sees.</summary>
    public int GroupInChannels => InChannels / Groups;

    /// <summary>Output channels of one group.</summary>
    public int GroupOutChannels => OutChannels / Groups;

    /// <summary>Products per output value.</summary>
    public int Taps => Kernel.H * Kernel.W * GroupInChannels;

    /// <summary>Output pixels of all images.</summary>
    public int OutPixels => N * OutH * OutW;

    /// <summary>Whether it is one matrix product: each output pixel of the input pixel at its place.</summary>
    public bool IsPointwise => Kernel == 1 && Stride == 1 && Padding == default && Groups == 1;

    /// <summary>Row of the input under tap row <paramref name="tap"/> of output row <paramref name="y"/>; outside 0 … H−1 in the
    /// padding.</summary>
    public int InputRow(int y, int tap) => (y * Stride.H) - Padding.H + (tap * Dilation.H);

    /// <summary>Column of the input under tap column <paramref name="tap"/> of output column <paramref name="x"/>; outside 0 … W−1 in the
    /// padding.</summary>
    public int InputColumn(int x, int tap) => (x * Stride.W) - Padding.W + (tap * Dilation.W);

    /// <summary>First output row whose window covers an input row, without dilation; see <see cref="EndWindowRow"/>.</summary>
    public int FirstWindowRow(int y) => (Math.Max(0, y + Padding.H - Kernel.H + 1) + Stride.H - 1) / Stride.H;

    /// <summary>One past the last output row whose window covers an input row, without dilation.</summary>
    public int EndWindowRow(int y) => Math.Min(OutH, ((y + Padding.H) / Stride.H) + 1);

    /// <summary>First output column whose window covers an input column, without dilation.</summary>
    public int FirstWindowColumn(int x) => (Math.Max(0, x + Padding.W - Kernel.W + 1) + Stride.W - 1) / Stride.W;

    /// <summary>One past the last output column whose window covers an input column, without dilation.</summary>
    public int EndWindowColumn(int x) => Math.Min(OutW, ((x + Padding.W) / Stride.W) + 1);

    /// <summary>Position of channel 0 of an output pixel.</summary>
    public int OutputAt(int n, int y, int x) => ((((n * OutH) + y) * OutW) + x) * OutChannels;

    /// <summary>Position of channel 0 of an input pixel.</summary>
    public int InputAt(int n, int y, int x) => ((((n * H) + y) * W) + x) * InChannels;

    /// <summary>Position of an OIHW weight; <paramref name="i"/> counts within the group.</summary>
    public int WeightAt(int o, int i, int tapRow, int tapColumn) =>
        ((((o * GroupInChannels) + i) * Kernel.H) + tapRow) * Kernel.W + tapColumn;

    /// <summary>[N, H', W', O].</summary>
    public Shape Output => [N, OutH, OutW, OutChannels];

    /// <summary>[N, H, W, C].</summary>
    public Shape Input => [N, H, W, InChannels];

    /// <summary>Checks a result that the caller provides, without making a shape: steady-state inference allocates nothing.</summary>
    public void CheckOutput(string op, Shape y)
    {
        if (y.Rank != 4 || y[0] != N || y[1] != OutH || y[2] != OutW || y[3] != OutChannels)
            throw new ShapeException(op, $"expected a result of {Output}, got {y}");
    }

    /// <summary>As <see cref="CheckOutput"/>, of what lies on the other side of the convolution.</summary>
    public void CheckInput(string op, Shape y)
    {
        if (y.Rank != 4 || y[0] != N || y[1] != H || y[2] != W || y[3] != InChannels)
            throw new ShapeException(op, $"expected a result of {Input}, got {y}");
    }
}
