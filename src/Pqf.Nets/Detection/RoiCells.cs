using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Detection;

/// <summary>A box in one image of a batch.</summary>
/// <param name="Image">Its number in the batch.</param>
/// <param name="Box">In pixels of the resized image.</param>
public readonly record struct RoiBox(int Image, Box Box);

/// <summary>Cells of boxes from the levels of a pyramid: RoIAlign (He et al. 2017, section 3), each box from the level that its size asks
/// for (Lin et al. 2017, equation 1).</summary>
public static class RoiCells
{
    // torchvision's: the root of an area on the border between two levels is not left to rounding.
    internal const float Eps = 1e-6f;

    /// <summary>Cells of some boxes.</summary>
    /// <param name="levels">[N, H, W, C], from the finest, whose pixels are 4 of the image's, each next one's twice as many.</param>
    /// <param name="boxes">In any order.</param>
    /// <param name="pooling">How they are cut.</param>
    /// <returns>[boxes, S, S, C], in the order of the boxes.</returns>
    public static Tensor<float> Forward(ImmutableArray<Tensor<float>> levels, ImmutableArray<RoiBox> boxes, RoiPooling pooling)
    {
        using var scope = levels[0].Device.BeginScope();
        return scope.Keep(RoiAlign.Forward(levels.AsSpan(), Sorted(levels[0].Device, boxes, pooling, levels.Length), Options(pooling)));
    }

    /// <summary>As <see cref="Forward"/>, recorded.</summary>
    public static Variable Record(Tape tape, ImmutableArray<Variable> levels, ImmutableArray<RoiBox> boxes, RoiPooling pooling) =>
        tape.Apply(new RoiAlign.Function(Sorted(levels[0].Value.Device, boxes, pooling, levels.Length), Options(pooling)), [.. levels]);

    /// <summary>Number of a box's level, from 0 for the finest.</summary>
    /// <param name="box">In pixels of the resized image.</param>
    /// <param name="pooling">Canonical scale and level.</param>
    /// <param name="levelCount">Levels there are.</param>
    public static int LevelOf(Box box, RoiPooling pooling, int levelCount)
    {
        float level = MathF.Floor(pooling.CanonicalLevel + MathF.Log2(MathF.Sqrt(box.Area) / pooling.CanonicalScale) + Eps);
        // Not a number, for a box of negative area, is no level
        return level >= RoiPooling.FinestLevel ? (int)Math.Min(level - RoiPooling.FinestLevel, levelCount - 1) : 0;
    }

    static Rois Sorted(Device device, ImmutableArray<RoiBox> boxes, RoiPooling pooling, int levelCount) =>
        Rois.Create(
            Tensor<float>.From(
                device,
                [boxes.Length, 5],
                [.. boxes.SelectMany(box => (float[])[box.Image, box.Box.X1, box.Box.Y1, box.Box.X2, box.Box.Y2])]
            ),
            [.. boxes.Select(box => LevelOf(box.Box, pooling, levelCount))],
            [.. Enumerable.Range(RoiPooling.FinestLevel, levelCount).Select(level => 1f / (1 << level))]
        );

    static RoiAlignOptions Options(RoiPooling pooling) => new() { OutputSize = pooling.Size, SamplingRatio = pooling.SamplingRatio };
}
