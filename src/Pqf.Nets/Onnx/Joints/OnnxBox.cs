using Pqf.Nets.Detection;

namespace Pqf.Nets.Onnx.Joints;

/// <summary>Boxes in an ONNX graph: the four coordinates as values of one shape, whose last axis has length 1.</summary>
/// <param name="X1">Left.</param>
/// <param name="Y1">Top.</param>
/// <param name="X2">Right.</param>
/// <param name="Y2">Bottom.</param>
readonly record struct OnnxBox(OnnxValue X1, OnnxValue Y1, OnnxValue X2, OnnxValue Y2)
{
    /// <summary>The corners of boxes […, 4].</summary>
    public static OnnxBox Of(OnnxValue boxes) => boxes.Quarters() is [var x1, var y1, var x2, var y2] ? new(x1, y1, x2, y2) : default;

    /// <summary>Boxes […, 4].</summary>
    /// <param name="lastAxis">Its number.</param>
    public OnnxValue Join(int lastAxis) => X1.In.Concat(lastAxis, X1, Y1, X2, Y2);

    public OnnxValue Width => X2 - X1;

    public OnnxValue Height => Y2 - Y1;

    /// <summary>The boxes of codes against others, as <see cref="BoxCoder.Decode"/>.</summary>
    /// <param name="coder">Factors and bound.</param>
    /// <param name="codes">[…, 4].</param>
    /// <param name="against">As many, or to be repeated.</param>
    public static OnnxBox Decode(BoxCoder coder, OnnxValue codes, OnnxBox against)
    {
        OnnxValue[] code = codes.Quarters();
        var weights = coder.Weights;
        var (x1, x2) = Axis(code[0], code[2], (weights.Dx, weights.Dw), coder.ScaleClip, against.X1, against.Width);
        var (y1, y2) = Axis(code[1], code[3], (weights.Dy, weights.Dh), coder.ScaleClip, against.Y1, against.Height);
        return new(x1, y1, x2, y2);
    }

    /// <summary>The part within an image.</summary>
    /// <param name="height">Single precision, one value.</param>
    /// <param name="width">Likewise.</param>
    public OnnxBox Clip(OnnxValue height, OnnxValue width)
    {
        var zero = X1.In.Number(0);
        OnnxValue Within(OnnxValue x, OnnxValue end) => x.In.Min(x.In.Max(x, zero), end);
        return new(Within(X1, width), Within(Y1, height), Within(X2, width), Within(Y2, height));
    }

    /// <summary>True where both sides have at least this length.</summary>
    public OnnxValue AreAtLeast(float side) => X1.In.All(Width >= X1.In.Number(side), Height >= X1.In.Number(side));

    static (OnnxValue Low, OnnxValue High) Axis(
        OnnxValue shift,
        OnnxValue growth,
        (float Shift, float Growth) weights,
        float clip,
        OnnxValue low,
        OnnxValue length
    )
    {
        var centre = (Divided(shift, weights.Shift) * length) + (low + (length * 0.5f));
        var factor = growth.In.Min(Divided(growth, weights.Growth), growth.In.Number((float)Math.Log(clip))).Map("Exp");
        var half = factor * length * 0.5f;
        return (centre - half, centre + half);
    }

    static OnnxValue Divided(OnnxValue x, float by) => by == 1 ? x : x / by;
}
