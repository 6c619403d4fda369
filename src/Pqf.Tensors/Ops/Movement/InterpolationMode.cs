namespace Pqf.Tensors.Ops.Movement;

/// <summary>How values between pixels are found.</summary>
public enum InterpolationMode
{
    /// <summary>The pixel at or before the position.</summary>
    Nearest,

    /// <summary>A weighted mean of the four pixels around it; pixels' corners are aligned, not their centres (PyTorch's
    /// <c>align_corners=False</c>).</summary>
    Bilinear,

    /// <summary>The pixel whose centre is nearest to the output's, the one before of two that are as near: what ONNX calls
    /// <c>half_pixel</c> and <c>round_prefer_floor</c>.</summary>
    NearestCentre,

    /// <summary>As <see cref="Bilinear"/>, with the outermost pixels of both sides on one another (<c>align_corners=True</c>).</summary>
    BilinearAligned,

    /// <summary>As <see cref="Bilinear"/>, with positions that are multiples of the scale: what ONNX calls <c>asymmetric</c>.</summary>
    BilinearAsymmetric,
}
