using System.Collections.Immutable;

namespace Pqf.Tensors.Ops.Boxes;

/// <summary>Boxes on images, each read from one map of a pyramid: what <see cref="RoiAlign"/> and its pull-back need to know, built once
/// for both.</summary>
public sealed class Rois
{
    readonly ImmutableArray<Tensor<int>?> rows;

    Rois(Tensor<float> boxes, ReadOnlyMemory<float> values, ImmutableArray<float> spatialScales, ImmutableArray<Tensor<int>?> rows)
    {
        (Boxes, Values, SpatialScales, this.rows) = (boxes, values, spatialScales, rows);
        foreach (var tensor in rows)
            ReadCount += tensor?.Shape.Count ?? 0;
        for (int at = 0; at < values.Length; at += Fields)
            ImageCount = Math.Max(ImageCount, (int)values.Span[at] + 1);
    }

    /// <summary>Numbers that describe a box.</summary>
    internal const int Fields = 5;

    // Sizes and positions of boxes within stay finite.
    const float Farthest = 1e15f;

    /// <summary>[R, 5]: image, x₁, y₁, x₂, y₂ in pixels of the image.</summary>
    public Tensor<float> Boxes { get; }

    /// <summary>Pixels of each map for a pixel of the image.</summary>
    public ImmutableArray<float> SpatialScales { get; }

    /// <summary>Boxes.</summary>
    public int Count => Boxes.Shape[0];

    /// <summary>The boxes once more, on the host.</summary>
    internal ReadOnlyMemory<float> Values { get; }

    /// <summary>Boxes that are read at all: those with coordinates near enough.</summary>
    internal int ReadCount { get; }

    /// <summary>One more than the largest number of an image.</summary>
    internal int ImageCount { get; }

    /// <summary>Sorts boxes by the maps that they are read from; the result belongs to the innermost scope of their device.</summary>
    /// <param name="boxes">[R, 5]: image, x₁, y₁, x₂, y₂ in pixels of the image. Boxes with coordinates that are not finite, or beyond
    /// 10¹⁵, are read nowhere.</param>
    /// <param name="levels">R numbers of maps.</param>
    /// <param name="spatialScales">Pixels of each map for a pixel of the image, as 1/16.</param>
    /// <exception cref="ShapeException">A box's image or level is not such a number, or there are not as many levels as boxes.</exception>
    public static Rois Create(Tensor<float> boxes, ReadOnlySpan<int> levels, ReadOnlySpan<float> spatialScales)
    {
        if (boxes.Shape.Rank != 2 || boxes.Shape[1] != Fields || levels.Length != boxes.Shape[0])
            throw new ShapeException("RoiAlign", $"expected boxes [R, 5] and R levels, got {boxes.Shape} and {levels.Length}");
        float[] values = boxes.ToArray();
        var sorted = new List<int>[spatialScales.Length];
        for (int i = 0; i < levels.Length; i++)
        {
            float image = values[i * Fields];
            if (!(image >= 0 && image < 1 << 24 && image == (int)image))
                throw new ShapeException("RoiAlign", $"expected an image's number in box {i}, got {image}");
            if (levels[i] < 0 || levels[i] >= sorted.Length)
                throw new ShapeException("RoiAlign", $"expected levels from 0 to {sorted.Length - 1}, got {levels[i]}");
            if (IsNear(values.AsSpan((i * Fields) + 1, Fields - 1)))
                (sorted[levels[i]] ??= []).Add(i);
        }

        return new(
            boxes,
            values,
            [.. spatialScales],
            [.. sorted.Select(list => list is null ? null : Tensor<int>.From(boxes.Device, [list.Count], [.. list]))]
        );
    }

    static bool IsNear(ReadOnlySpan<float> corners)
    {
        foreach (float corner in corners)
            if (!(MathF.Abs(corner) < Farthest))
                return false;
        return true;
    }

    /// <summary>As above, for boxes that are all read from one map.</summary>
    public static Rois Create(Tensor<float> boxes, float spatialScale) =>
        Create(boxes, new int[boxes.Shape.Rank == 0 ? 0 : boxes.Shape[0]], [spatialScale]);

    /// <summary>Numbers of the boxes read from a map, rising; none if there are none.</summary>
    internal Tensor<int>? Rows(int level) => rows[level];
}
