using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Boxes;

/// <summary>Non-maximum suppression: of boxes that overlap the one of the highest score is kept, and so on among those that do not overlap
/// it.</summary>
public static partial class Nms
{
    /// <summary>Numbers of the boxes that no kept box of a higher score overlaps by more than the threshold.</summary>
    /// <param name="boxes">[n, 4]: x₁, y₁, x₂, y₂.</param>
    /// <param name="scores">[n]; NaN ranks last. Of equal scores the lower number is first.</param>
    /// <param name="groups">A class or level for each box, whose boxes give way to none of another; empty for all in one.</param>
    /// <param name="options">Threshold and limit.</param>
    /// <returns>By falling score.</returns>
    /// <exception cref="ShapeException">There are not as many scores or groups as boxes.</exception>
    /// <remarks>Groups are kept apart by their numbers, not by moving boxes far from one another: no coordinate is rounded. Waits for the
    /// device.</remarks>
    public static ImmutableArray<int> Forward(Tensor<float> boxes, Tensor<float> scores, ReadOnlySpan<int> groups, NmsOptions options)
    {
        int n = Box.CheckRows("Nms", boxes.Shape)[0];
        Shapes.Vector("Nms", "scores", scores.Shape, n);
        if (groups.Length != 0)
            Shapes.Vector("Nms", "groups", [groups.Length], n);
        Shapes.SameDevice("Nms", boxes.Device, scores);
        if (!(options.IouThreshold >= 0 && options.IouThreshold <= 1))
            throw new ArgumentException($"Nms: expected a threshold from 0 to 1, got {options.IouThreshold}");
        if (n == 0)
            return [];
        int[] order = Order(scores.ToArray());
        // The largest single not above the threshold: singles are above one where they are above the other.
        float threshold = (float)options.IouThreshold;
        threshold = threshold > options.IouThreshold ? MathF.BitDecrement(threshold) : threshold;
        using var scope = boxes.Device.BeginScope();
        return boxes.Device is HostDevice host
            ? Host(host, boxes, order, Sorted(order, groups), threshold, options.Limit)
            : Gpu((GpuDevice)boxes.Device, boxes, order, groups, threshold, options.Limit);
    }

    /// <summary>By falling score, then rising number.</summary>
    static int[] Order(float[] scores)
    {
        long[] keys = new long[scores.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            int bits = BitConverter.SingleToInt32Bits(scores[i] + 0f); // both zeros alike
            long rank =
                float.IsNaN(scores[i]) ? -int.MaxValue
                : bits >= 0 ? bits
                : bits ^ int.MaxValue; // as integers, in the singles' order
            keys[i] = (-rank << 32) + i;
        }

        Array.Sort(keys);
        return [.. keys.Select(key => (int)key)];
    }

    /// <summary>The order of each group by itself, group after group: starts, and the end; and numbers of boxes.</summary>
    static (int[] Start, int[] Boxes) Sorted(int[] order, ReadOnlySpan<int> groups)
    {
        if (groups.Length == 0)
            return ([0, order.Length], order);
        var lists = new Dictionary<int, List<int>>();
        foreach (int box in order)
        {
            if (!lists.TryGetValue(groups[box], out var list))
                lists[groups[box]] = list = [];
            list.Add(box);
        }

        int[] start = new int[lists.Count + 1];
        foreach (var (i, list) in lists.Values.Index())
            start[i + 1] = start[i] + list.Count;
        return (start, [.. lists.Values.SelectMany(list => list)]);
    }
}
