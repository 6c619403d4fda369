using ILGPU;

namespace Pqf.Tensors.Ops.Boxes;

/// <summary>A box in pixels by two corners; the second lies outside, so that a box of one pixel has width 1. Also compiled for the
/// GPU.</summary>
/// <param name="X1">Left.</param>
/// <param name="Y1">Top.</param>
/// <param name="X2">Right.</param>
/// <param name="Y2">Bottom.</param>
public readonly record struct Box(float X1, float Y1, float X2, float Y2)
{
    /// <summary>Columns; negative if the corners are in the wrong order.</summary>
    public float Width => X2 - X1;

    /// <summary>Rows.</summary>
    public float Height => Y2 - Y1;

    /// <summary>Square pixels.</summary>
    public float Area => Width * Height;

    /// <summary>The box in an image of another size.</summary>
    /// <param name="x">Factor of columns.</param>
    /// <param name="y">Factor of rows.</param>
    public Box Scale(float x, float y) => new(X1 * x, Y1 * y, X2 * x, Y2 * y);

    /// <summary>The part within an image.</summary>
    public Box Clip(float height, float width) =>
        new(Math.Clamp(X1, 0, width), Math.Clamp(Y1, 0, height), Math.Clamp(X2, 0, width), Math.Clamp(Y2, 0, height));

    /// <summary>The area in common over that of both boxes together, from 0 to 1; 0 for two boxes without area.</summary>
    public float Iou(Box other)
    {
        float width = MathF.Max(MathF.Min(X2, other.X2) - MathF.Max(X1, other.X1), 0f),
            height = MathF.Max(MathF.Min(Y2, other.Y2) - MathF.Max(Y1, other.Y1), 0f);
        float common = width * height,
            union = Area + other.Area - common;
        return union > 0f ? common / union : 0f;
    }

    /// <summary>Row <paramref name="index"/> of [n, 4].</summary>
    internal static Box At(ArrayView<float> boxes, int index) =>
        new(boxes[4 * index], boxes[(4 * index) + 1], boxes[(4 * index) + 2], boxes[(4 * index) + 3]);

    /// <summary>Checks that a tensor holds a box in each row.</summary>
    internal static Shape CheckRows(string op, Shape boxes) =>
        boxes.Rank == 2 && boxes[1] == 4 ? boxes : throw new ShapeException(op, $"expected boxes [n, 4], got {boxes}");
}
