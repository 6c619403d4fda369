using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Detection;

/// <summary>A box that may be kept.</summary>
/// <param name="Box">The box.</param>
/// <param name="Score">0 … 1.</param>
/// <param name="Group">Its class or level: boxes give way to others of their own only.</param>
readonly record struct Candidate(Box Box, float Score, int Group);

/// <summary>Non-maximum suppression of boxes.</summary>
static class Suppression
{
    /// <summary>Boxes of which none overlaps a kept one of its group and of a higher score by more than a threshold; by falling
    /// score.</summary>
    /// <param name="candidates">In any order.</param>
    /// <param name="threshold">Intersection over union.</param>
    /// <param name="limit">Most boxes.</param>
    /// <param name="device">Where to compute.</param>
    public static ImmutableArray<Candidate> Keep(IReadOnlyList<Candidate> candidates, float threshold, int limit, Device device)
    {
        using var scope = device.BeginScope();
        var boxes = Tensor<float>.From(
            device,
            [candidates.Count, 4],
            [.. candidates.SelectMany(found => (float[])[found.Box.X1, found.Box.Y1, found.Box.X2, found.Box.Y2])]
        );
        var scores = Tensor<float>.From(device, [candidates.Count], [.. candidates.Select(found => found.Score)]);
        ImmutableArray<int> kept = Nms.Forward(
            boxes,
            scores,
            [.. candidates.Select(found => found.Group)],
            new NmsOptions { IouThreshold = threshold, Limit = limit }
        );
        return [.. kept.Select(i => candidates[i])];
    }
}
