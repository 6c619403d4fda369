namespace Pqf.Tensors.Ops.Movement;

/// <summary>Which pixels an output reads along one axis. Also compiled for the GPU.</summary>
interface IInterpolation
{
    /// <summary>The pixels at or before an output's position and after it, and the latter's part; one pixel twice at the edges. None falls
    /// from an output to the next.</summary>
    static abstract (int Low, int High, float HighWeight) Around(ResizeAxis axis, int output);

    /// <summary>An output that lies before all outputs that read an input pixel, or is the first of them.</summary>
    static abstract int Before(ResizeAxis axis, int pixel);
}

/// <summary>As PyTorch's: positions in single precision, rounded down.</summary>
readonly struct Nearest : IInterpolation
{
    public static (int Low, int High, float HighWeight) Around(ResizeAxis axis, int output)
    {
        int pixel = Math.Min((int)(output * axis.Scale), axis.In - 1);
        return (pixel, pixel, 0f);
    }

    public static int Before(ResizeAxis axis, int pixel) => axis.Before(pixel);
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

    public static int Before(ResizeAxis axis, int pixel) => axis.Before(pixel);
}

/// <summary>The pixel whose centre is nearest to the output's, the one before of two that are as near: ONNX's default.</summary>
readonly struct NearestCentre : IInterpolation
{
    // Two pixels that are as near are so up to rounding.
    const float Exact = 1f - 5e-7f;

    public static (int Low, int High, float HighWeight) Around(ResizeAxis axis, int output)
    {
        float position = MathF.Max(MathF.Ceiling(((output + 0.5f) * axis.Scale * Exact) - 1f), 0f);
        int pixel = Math.Min((int)position, axis.In - 1);
        return (pixel, pixel, 0f);
    }

    public static int Before(ResizeAxis axis, int pixel) => axis.Before(pixel);
}

/// <summary>The first and last pixels of both sides lie on one another: PyTorch's aligned corners.</summary>
readonly struct BilinearAligned : IInterpolation
{
    public static (int Low, int High, float HighWeight) Around(ResizeAxis axis, int output)
    {
        float position = output * Scale(axis);
        int low = Math.Min((int)position, axis.In - 1);
        return (low, Math.Min(low + 1, axis.In - 1), position - low);
    }

    public static int Before(ResizeAxis axis, int pixel) =>
        axis.In == 1 || axis.Out == 1 ? 0 : (int)MathF.Max(MathF.Floor((pixel - 1f) / Scale(axis)) - 2f, 0f);

    static float Scale(ResizeAxis axis) => axis.Out > 1 ? (axis.In - 1f) / (axis.Out - 1f) : 0f;
}

/// <summary>The first pixels' left edges lie on one another, and positions are those of left edges: TensorFlow 1's default.</summary>
readonly struct BilinearAsymmetric : IInterpolation
{
    public static (int Low, int High, float HighWeight) Around(ResizeAxis axis, int output)
    {
        float position = MathF.Min(output * axis.Scale, axis.In - 1f);
        int low = (int)position;
        return (low, Math.Min(low + 1, axis.In - 1), position - low);
    }

    public static int Before(ResizeAxis axis, int pixel) => (int)MathF.Max(MathF.Floor((pixel - 1f) / axis.Scale) - 2f, 0f);
}
