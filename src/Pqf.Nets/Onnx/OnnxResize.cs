using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Onnx;

/// <summary>Ways of resizing in ONNX.</summary>
static class OnnxResize
{
    /// <summary>Factors that give a size: their products with the input's, rounded down in any precision, are the output's.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="y">[N, H', W', C].</param>
    public static ResizeFactors Factors(Shape x, Shape y) => new(Factor(x[1], y[1]), Factor(x[2], y[2]));

    static float Factor(int from, int to)
    {
        float factor = (float)to / from;
        while ((double)factor * from < to)
            factor = MathF.BitIncrement(factor);
        return factor;
    }

    /// <summary>Repeats the pixels of the first input until there are as many as in the second: the graph computes the size.</summary>
    public static void AddLike(OnnxContext onnx)
    {
        var (channels, pixels, sizes) = (onnx.Between("channels"), onnx.Between("pixels"), onnx.Between("sizes"));
        onnx.Add("Shape", [onnx.Input(0)], channels, OnnxMessages.Attribute("end", 2));
        onnx.Add("Shape", [onnx.Input(1)], pixels, OnnxMessages.Attribute("start", 2));
        onnx.Add("Concat", [channels, pixels], sizes, OnnxMessages.Attribute("axis", 0));
        onnx.Add("Resize", [onnx.Input(0), "", "", sizes], onnx.Output, Attributes(InterpolationMode.Nearest));
    }

    /// <summary>The attributes of one.</summary>
    public static IEnumerable<WireField> Attributes(InterpolationMode mode)
    {
        var (kind, coordinates, rounding) = mode switch
        {
            InterpolationMode.Nearest => ("nearest", "asymmetric", "floor"),
            InterpolationMode.NearestCentre => ("nearest", "half_pixel", "round_prefer_floor"),
            InterpolationMode.BilinearAligned => ("linear", "align_corners", null),
            InterpolationMode.BilinearAsymmetric => ("linear", "asymmetric", null),
            _ => ("linear", "half_pixel", (string?)null),
        };
        return
        [
            OnnxMessages.Attribute("mode", kind),
            OnnxMessages.Attribute("coordinate_transformation_mode", coordinates),
            .. rounding is null ? [] : (WireField[])[OnnxMessages.Attribute("nearest_mode", rounding)],
        ];
    }
}
