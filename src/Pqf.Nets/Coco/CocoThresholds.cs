using System.Collections.Immutable;

namespace Pqf.Nets.Coco;

/// <summary>Sizes of objects that COCO tells apart.</summary>
enum AreaRange
{
    All,
    Small,
    Medium,
    Large,
}

/// <summary>COCO's settings: cocodataset.org, detection evaluation.</summary>
static class CocoThresholds
{
    /// <summary>Detections of an image and class that count.</summary>
    public const int MostDetections = 100;

    public const int AreaRangeCount = 4;

    /// <summary>Places of 0.5 and 0.75 among <see cref="Overlaps"/>.</summary>
    public const int Overlap50 = 0,
        Overlap75 = 5;

    /// <summary>Overlaps from which on a detection is right. Computed as the API does: start + i · step.</summary>
    public static ImmutableArray<double> Overlaps { get; } = Steps(0.5, 0.95, 10);

    /// <summary>Recalls at which precision is read.</summary>
    public static ImmutableArray<double> Recalls { get; } = Steps(0, 1, 101);

    /// <summary>Whether an area, in square pixels, is in a range; limits belong to both sides.</summary>
    public static bool Contains(this AreaRange range, double area) =>
        range switch
        {
            AreaRange.Small => area is >= 0 and <= 32 * 32,
            AreaRange.Medium => area is >= 32 * 32 and <= 96 * 96,
            AreaRange.Large => area is >= 96 * 96 and <= 1e10,
            _ => area is >= 0 and <= 1e10,
        };

    static ImmutableArray<double> Steps(double first, double last, int count)
    {
        double step = (last - first) / (count - 1);
        return [.. Enumerable.Range(0, count - 1).Select(i => first + (i * step)), last];
    }
}
