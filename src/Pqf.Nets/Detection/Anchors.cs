using System.Collections.Immutable;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Detection;

/// <summary>The boxes that proposals are coded against: some at every place of every level (Ren et al. 2015, arXiv 1506.01497).</summary>
public static class Anchors
{
    /// <summary>Anchors of one level, row by row, place by place, in the order of the aspect ratios: that of the proposal head's
    /// values.</summary>
    /// <param name="image">Size of the padded images.</param>
    /// <param name="level">Places of the level.</param>
    /// <param name="size">Root of an anchor's area, in pixels.</param>
    /// <param name="aspectRatios">Height over width.</param>
    /// <remarks>As torchvision: corners around the origin are rounded to whole pixels, and places are a whole number of pixels apart, so
    /// that the last level's may end short of the image.</remarks>
    public static ImmutableArray<Box> Of(ImageSize image, ImageSize level, float size, ImmutableArray<float> aspectRatios)
    {
        ImmutableArray<Box> around = [.. aspectRatios.Select(ratio => AroundOrigin(size, ratio))];
        int rowStep = image.Height / level.Height,
            columnStep = image.Width / level.Width;
        var anchors = ImmutableArray.CreateBuilder<Box>(level.Height * level.Width * around.Length);
        for (int y = 0; y < level.Height; y++)
        for (int x = 0; x < level.Width; x++)
            foreach (var box in around)
                anchors.Add(new(box.X1 + (x * columnStep), box.Y1 + (y * rowStep), box.X2 + (x * columnStep), box.Y2 + (y * rowStep)));
        return anchors.MoveToImmutable();
    }

    static Box AroundOrigin(float size, float ratio)
    {
        float high = MathF.Sqrt(ratio),
            wide = 1 / high;
        float width = MathF.Round(wide * size / 2),
            height = MathF.Round(high * size / 2);
        return new(-width, -height, width, height);
    }
}
