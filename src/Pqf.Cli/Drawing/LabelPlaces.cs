using Pqf.Tensors.Ops.Boxes;
using SkiaSharp;

namespace Pqf.Cli.Drawing;

/// <summary>Finds places for labels at their boxes, one not on another where there is room, all within the picture.</summary>
/// <param name="width">Columns of the picture.</param>
/// <param name="height">Rows of the picture.</param>
sealed class LabelPlaces(int width, int height)
{
    readonly List<SKRect> taken = [];

    /// <summary>The place of the next label.</summary>
    /// <param name="box">What it belongs to.</param>
    /// <param name="labelWidth">Columns of the label.</param>
    /// <param name="labelHeight">Rows of the label.</param>
    public SKRect Take(Box box, int labelWidth, int labelHeight)
    {
        int left = (int)Math.Round(Math.Clamp(box.X1, 0, Math.Max(0, width - labelWidth)));
        // Above the box, within it from the top on, below it.
        int rows = Math.Max(1, (int)(box.Height / labelHeight));
        float[] tops = [box.Y1 - labelHeight, .. Enumerable.Range(0, rows).Select(i => box.Y1 + (i * labelHeight)), box.Y2];
        var places = tops.Where(top => top >= 0 && top + labelHeight <= height)
            .DefaultIfEmpty(Math.Clamp(box.Y1, 0, Math.Max(0, height - labelHeight)))
            .Select(top => SKRect.Create(left, (int)Math.Round(top), labelWidth, labelHeight))
            .ToArray();
        var free = places.Where(place => !taken.Exists(place.IntersectsWith));
        var found = free.Append(places[0]).First();
        taken.Add(found);
        return found;
    }
}
