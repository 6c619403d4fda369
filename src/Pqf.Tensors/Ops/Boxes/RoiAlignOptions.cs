namespace Pqf.Tensors.Ops.Boxes;

/// <summary>How boxes are sampled, in torchvision's words.</summary>
public sealed record RoiAlignOptions
{
    /// <summary>Cells that each box is cut into.</summary>
    public Pair OutputSize { get; init; } = 7;

    /// <summary>Samples of a cell along each axis; 0 or less takes as many as a cell has pixels, rounded up.</summary>
    public int SamplingRatio { get; init; } = 2;

    /// <summary>Whether coordinates count from pixels' corners, half a pixel before their centres; if not, boxes are at least one pixel of
    /// the map long.</summary>
    public bool Aligned { get; init; }
}
