namespace Pqf.Tensors.Ops.Boxes;

/// <summary>Which of several detections to keep, in torchvision's words.</summary>
public sealed record NmsOptions
{
    /// <summary>Overlap above which a box gives way to one of a higher score; from 0 to 1.</summary>
    public required double IouThreshold { get; init; }

    /// <summary>Boxes to keep at most: those of the highest scores.</summary>
    public int Limit { get; init; } = int.MaxValue;
}
