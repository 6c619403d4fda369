namespace Pqf.Tensors.Ops.Movement;

/// <summary>How values between pixels are found.</summary>
public enum InterpolationMode
{
    /// <summary>The pixel at or before the position.</summary>
    Nearest,

    /// <summary>A weighted mean of the four pixels around it; pixels' corners are aligned, not their centres (PyTorch's
    /// <c>align_corners=False</c>).</summary>
    Bilinear,
}
