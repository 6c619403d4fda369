using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Onnx;

/// <summary>Ways of resizing in ONNX.</summary>
static class OnnxResize
{
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
