namespace Pqf.Tensors.Ops.Movement;

/// <summary>All sizes of one resized batch.</summary>
/// <param name="N">Images.</param>
/// <param name="Rows">From input to output rows.</param>
/// <param name="Columns">From input to output columns.</param>
/// <param name="Channels">C.</param>
readonly record struct Resize(int N, ResizeAxis Rows, ResizeAxis Columns, int Channels);

/// <summary>One axis that is resized.</summary>
/// <param name="In">Pixels of the input.</param>
/// <param name="Out">Pixels of the output.</param>
/// <param name="Scale">Input pixels for an output pixel: a quotient that GPUs may round otherwise, and with it what is nearest.</param>
readonly record struct ResizeAxis(int In, int Out, float Scale)
{
    public static ResizeAxis Of(int from, int to) => new(from, to, (float)from / to);

    /// <summary>An output that lies before all outputs that read an input pixel, or is the first of them.</summary>
    public int Before(int pixel) => (int)MathF.Max(MathF.Floor((pixel - 0.5f) / Scale) - 2f, 0f);
}

/// <summary>Which pixels an output reads along one axis. Also compiled for the GPU.</summary>
interface IInterpolation
{
    /// <summary>The pixels at or before an output's position and after it, and the latter's part; one pixel twice at the edges. None falls
    /// from an output to the next.</summary>
    static abstract (int Low, int High, float HighWeight) Around(ResizeAxis axis, int output);
}

/// <summary>As PyTorch's: positions in single precision, rounded down.</summary>
readonly struct Nearest : IInterpolation
{
    public static (int Low, int High, float HighWeight) Around(ResizeAxis axis, int output)
    {
        int pixel = Math.Min((int)(output * axis.Scale), axis.In - 1);
        return (pixel, pixel, 0f);
    }
}

/// <summary>As PyTorch's without aligned corners: outputs before the first pixel's centre and after the last one's take its
/// value.</summary>
readonly struct Bilinear : IInterpolation
{
    public static (int Low, int High, float HighWeight) Around(ResizeAxis axis, int output)
    {
        float position = MathF.Max(((output + 0.5f) * axis.Scale) - 0.5f, 0f);
        int low = Math.Min((int)position, axis.In - 1);
        return (low, Math.Min(low + 1, axis.In - 1), position - low);
    }
}
