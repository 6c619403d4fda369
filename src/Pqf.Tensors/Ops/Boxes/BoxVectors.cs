using System.Numerics;

namespace Pqf.Tensors.Ops.Boxes;

/// <summary>A vector of boxes: coordinates and areas side by side.</summary>
readonly unsafe struct BoxVectors(Vector<float> x1, Vector<float> y1, Vector<float> x2, Vector<float> y2, Vector<float> area)
{
    /// <summary>Floats of one vector of boxes in memory.</summary>
    public static int Size => 5 * Vector<float>.Count;

    /// <summary>The same box in every lane.</summary>
    public static BoxVectors Same(Box box) => new(new(box.X1), new(box.Y1), new(box.X2), new(box.Y2), new(box.Area));

    public static BoxVectors Load(float* from) =>
        new(
            Vector.Load(from),
            Vector.Load(from + Vector<float>.Count),
            Vector.Load(from + (2 * Vector<float>.Count)),
            Vector.Load(from + (3 * Vector<float>.Count)),
            Vector.Load(from + (4 * Vector<float>.Count))
        );

    /// <summary>Puts one box into one lane; a vector's first box fills the others with boxes that overlap none.</summary>
    public static void Put(Box box, int lane, float* to)
    {
        if (lane == 0)
            new Span<float>(to, Size).Clear(); // no area
        (to[lane], to[Vector<float>.Count + lane], to[(2 * Vector<float>.Count) + lane]) = (box.X1, box.Y1, box.X2);
        (to[(3 * Vector<float>.Count) + lane], to[(4 * Vector<float>.Count) + lane]) = (box.Y2, box.Area);
    }

    /// <summary>As <see cref="Box.Iou"/>, to the same bits.</summary>
    public Vector<float> Iou(BoxVectors other)
    {
        var width = Vector.Max(Vector.Min(x2, other.X2) - Vector.Max(x1, other.X1), Vector<float>.Zero);
        var height = Vector.Max(Vector.Min(y2, other.Y2) - Vector.Max(y1, other.Y1), Vector<float>.Zero);
        var common = width * height;
        var union = area + other.Area - common;
        return Vector.ConditionalSelect(Vector.GreaterThan(union, Vector<float>.Zero), common / union, Vector<float>.Zero);
    }

    Vector<float> X1 => x1;

    Vector<float> Y1 => y1;

    Vector<float> X2 => x2;

    Vector<float> Y2 => y2;

    Vector<float> Area => area;
}
