using System.Collections.Immutable;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Detection;

/// <summary>A box as differences from another one (Girshick et al. 2014, arXiv 1311.2524, appendix C): those of the centres in units of the
/// other's sides, and logarithms of the ratios of the sides.</summary>
/// <param name="Dx">Column.</param>
/// <param name="Dy">Row.</param>
/// <param name="Dw">Width.</param>
/// <param name="Dh">Height.</param>
public readonly record struct BoxCode(float Dx, float Dy, float Dw, float Dh);

/// <summary>Codes boxes against others.</summary>
/// <param name="Weights">Factors of the four differences.</param>
/// <param name="ScaleClip">Decoded sides are at most this times the other box's.</param>
public sealed record BoxCoder(BoxCode Weights, float ScaleClip)
{
    readonly float logClip = (float)Math.Log(ScaleClip);

    /// <summary>The coder of proposals, relative to anchors.</summary>
    public static BoxCoder OfProposals(MaskRcnnOptions options) => new(new BoxCode(1, 1, 1, 1), options.BoxScaleClip);

    /// <summary>The coder of detections, relative to proposals.</summary>
    public static BoxCoder OfDetections(MaskRcnnOptions options)
    {
        ImmutableArray<float> w = options.BboxRegWeights;
        return new(new BoxCode(w[0], w[1], w[2], w[3]), options.BoxScaleClip);
    }

    /// <summary>The code of a box.</summary>
    /// <param name="box">Of positive sides.</param>
    /// <param name="against">Of positive sides.</param>
    public BoxCode Encode(Box box, Box against)
    {
        var (x, y, width, height) = Centre(box);
        var (x0, y0, width0, height0) = Centre(against);
        return new(
            Weights.Dx * (x - x0) / width0,
            Weights.Dy * (y - y0) / height0,
            Weights.Dw * MathF.Log(width / width0),
            Weights.Dh * MathF.Log(height / height0)
        );
    }

    /// <summary>The box of a code.</summary>
    public Box Decode(BoxCode code, Box against)
    {
        var (x0, y0, width0, height0) = Centre(against);
        float x = (code.Dx / Weights.Dx * width0) + x0,
            y = (code.Dy / Weights.Dy * height0) + y0;
        float halfWidth = 0.5f * (MathF.Exp(Math.Min(code.Dw / Weights.Dw, logClip)) * width0);
        float halfHeight = 0.5f * (MathF.Exp(Math.Min(code.Dh / Weights.Dh, logClip)) * height0);
        return new(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight);
    }

    static (float X, float Y, float Width, float Height) Centre(Box box) =>
        (box.X1 + (0.5f * box.Width), box.Y1 + (0.5f * box.Height), box.Width, box.Height);
}
