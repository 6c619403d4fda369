namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>The input positions of one axis that the same taps reach: every stride-th one from a first.</summary>
/// <param name="First">First position.</param>
/// <param name="Count">How many.</param>
/// <param name="LastTap">The largest tap that reaches them; it meets the first of the outputs that do.</param>
/// <param name="TapStep">From one such tap to the next.</param>
/// <param name="TapCount">How many; may be 0.</param>
/// <param name="Dilation">Outputs from one tap to the next.</param>
/// <param name="Padding">Outputs that the last tap lies before the position's own number; may be negative.</param>
readonly record struct PhaseAxis(int First, int Count, int LastTap, int TapStep, int TapCount, int Dilation, int Padding)
{
    /// <summary>Output q meets position q·stride − padding + tap·dilation: the taps of a position leave no remainder.</summary>
    public static PhaseAxis Of(int first, int length, int taps, int stride, int padding, int dilation)
    {
        int step = stride / Gcd(stride, dilation),
            last = -1,
            count = 0;
        for (int tap = 0; tap < taps; tap++)
            if ((first + padding - (tap * dilation)) % stride == 0)
                (last, count) = (tap, count + 1);
        return new(
            first,
            (length - first + stride - 1) / stride,
            last,
            step,
            count,
            step * dilation / stride,
            ((last * dilation) - first - padding) / stride
        );
    }

    static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}

/// <summary>Input pixels whose gradient is one convolution of the output's gradient, at stride 1.</summary>
readonly record struct InputPhase(PhaseAxis Rows, PhaseAxis Columns)
{
    public int TapCount => Rows.TapCount * Columns.TapCount;

    public static InputPhase Of(ConvGeometry g, int row, int column) =>
        new(
            PhaseAxis.Of(row, g.H, g.Kernel.H, g.Stride.H, g.Padding.H, g.Dilation.H),
            PhaseAxis.Of(column, g.W, g.Kernel.W, g.Stride.W, g.Padding.W, g.Dilation.W)
        );

    /// <summary>The geometry of that convolution, but for the number of its results.</summary>
    public ConvGeometry Over(ConvGeometry g) =>
        new(
            g.N,
            g.OutH,
            g.OutW,
            g.OutChannels,
            g.InChannels,
            new Pair(Rows.TapCount, Columns.TapCount),
            1,
            new Pair(Rows.Padding, Columns.Padding),
            new Pair(Rows.Dilation, Columns.Dilation),
            g.Groups
        );
}
