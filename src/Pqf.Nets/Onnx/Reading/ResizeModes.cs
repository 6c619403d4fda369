using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>An axis that is resized.</summary>
/// <param name="In">Pixels read.</param>
/// <param name="Out">Pixels made.</param>
/// <param name="Factor">Pixels made for each pixel read, where it is not the quotient.</param>
readonly record struct ResizeAxis(int In, int Out, float? Factor);

/// <summary>Finds our way of resizing that reads the same pixels as one of ONNX. Ways of other names are the same at many sizes.</summary>
/// <remarks>Source: the operator Resize of the ONNX project's Operators.md.</remarks>
static class ResizeModes
{
    /// <summary>Of positions between pixels, in pixels.</summary>
    const double Tolerance = 1e-4;

    static readonly (InterpolationMode Mode, string Coordinates, string Rounding)[] OwnNearest =
    [
        (InterpolationMode.Nearest, "asymmetric", "floor"),
        (InterpolationMode.NearestCentre, "half_pixel", "round_prefer_floor"),
    ];

    static readonly (InterpolationMode Mode, string Coordinates)[] OwnLinear =
    [
        (InterpolationMode.Bilinear, "half_pixel"),
        (InterpolationMode.BilinearAligned, "align_corners"),
        (InterpolationMode.BilinearAsymmetric, "asymmetric"),
    ];

    /// <summary>The mode that picks the same pixels; null if none does.</summary>
    public static InterpolationMode? Nearest(string coordinates, string rounding, params ReadOnlySpan<ResizeAxis> axes)
    {
        foreach (var own in OwnNearest)
        {
            bool isSame = true;
            foreach (var axis in axes)
                for (int i = 0; i < axis.Out && isSame; i++)
                    isSame =
                        Rounded(Position(coordinates, axis, i), rounding, axis.In) is { } pixel
                        && pixel == Rounded(Position(own.Coordinates, axis, i), own.Rounding, axis.In);
            if (isSame)
                return own.Mode;
        }

        return null;
    }

    /// <summary>The mode that interpolates at the same positions; null if none does.</summary>
    public static InterpolationMode? Linear(string coordinates, params ReadOnlySpan<ResizeAxis> axes)
    {
        foreach (var own in OwnLinear)
        {
            bool isSame = true;
            foreach (var axis in axes)
                for (int i = 0; i < axis.Out && isSame; i++)
                    isSame =
                        Position(coordinates, axis, i) is { } at
                        && Math.Abs(Math.Clamp(at, 0, axis.In - 1) - Math.Clamp(Position(own.Coordinates, axis, i)!.Value, 0, axis.In - 1))
                            < Tolerance;
            if (isSame)
                return own.Mode;
        }

        return null;
    }

    static double? Position(string coordinates, ResizeAxis axis, int i)
    {
        double scale = axis.Factor ?? (double)axis.Out / axis.In;
        return coordinates switch
        {
            "half_pixel" => ((i + 0.5) / scale) - 0.5,
            "pytorch_half_pixel" => axis.Out > 1 ? ((i + 0.5) / scale) - 0.5 : 0,
            "align_corners" => axis.Out > 1 ? i * (axis.In - 1.0) / (axis.Out - 1) : 0,
            "asymmetric" => i / scale,
            "tf_half_pixel_for_nn" => (i + 0.5) / scale,
            _ => null,
        };
    }

    static int? Rounded(double? position, string rounding, int count)
    {
        double? pixel = rounding switch
        {
            "floor" => Math.Floor(position ?? 0),
            "ceil" => Math.Ceiling(position ?? 0),
            "round_prefer_floor" => Math.Ceiling((position ?? 0) - 0.5),
            "round_prefer_ceil" => Math.Floor((position ?? 0) + 0.5),
            _ => null,
        };
        return position is null || pixel is not { } whole ? null : (int)Math.Clamp(whole, 0, count - 1);
    }
}
