namespace Pqf.Nets.Detection;

/// <summary>A box in pixels by two corners; the second lies outside, so that a box of one pixel has width 1.</summary>
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
}
