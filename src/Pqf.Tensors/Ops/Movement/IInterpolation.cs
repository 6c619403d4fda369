namespace Pqf.Tensors.Ops.Movement;

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
