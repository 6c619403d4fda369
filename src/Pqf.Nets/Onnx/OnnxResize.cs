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
