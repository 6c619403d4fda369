using Pqf.Nets.Detection;

namespace Pqf.Nets.Architectures;

/// <summary>Which network of a known family, its two ends, and how wide it is between them.</summary>
/// <param name="Name">As in configurations: <c>resnet18</c>, <c>resnet50</c>, <c>maskrcnn</c>, …</param>
/// <param name="ClassCount">Outputs of <c>fc</c>, or of a detector's <c>cls_score</c>, the background among them.</param>
/// <param name="InChannels">3 for colour, 1 for grey.</param>
/// <param name="Width">Channels of the first stage, doubled by each next one; null for the family's own.</param>
/// <param name="MaskRcnn">Structure and thresholds of a <c>maskrcnn</c>; null for torchvision's.</param>
public sealed record Architecture(
    string Name,
    int ClassCount = 1000,
    int InChannels = 3,
    int? Width = null,
    MaskRcnnOptions? MaskRcnn = null
);
