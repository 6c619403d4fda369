using Pqf.Nets.Detection;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Onnx.Joints;

/// <summary>A photograph in an ONNX graph as a detector's input, as <see cref="ImageBatch"/> makes it.</summary>
/// <param name="Images">[1, 3, H, W]: resized, normalised, padded.</param>
/// <param name="Size">Rows and columns of the photograph, whole numbers [2].</param>
/// <param name="Resized">Rows and columns before padding, whole numbers [2].</param>
/// <param name="Padded">Rows and columns after it, whole numbers [2].</param>
sealed record OnnxImage(OnnxValue Images, OnnxValue Size, OnnxValue Resized, OnnxValue Padded)
{
    /// <summary>The image of a photograph.</summary>
    /// <param name="photograph">[3, H, W], 0 … 1.</param>
    /// <param name="options">Sizes, mean and deviation.</param>
    public static OnnxImage Of(OnnxValue photograph, MaskRcnnOptions options)
    {
        var formula = photograph.In;
        var size = photograph.Shape(1);
        var resized = ResizedSize(size, options);
        long divisor = options.SizeDivisible;
        var padded = (resized + (divisor - 1)) / divisor * divisor;
        var images = formula.Of(
            "Resize",
            [photograph.Unsqueeze(0), null, null, formula.Concat(0, formula.Wholes(1, Photograph.Channels), resized)],
            OnnxResize.Attributes(InterpolationMode.Bilinear)
        );
        images = (images - Channels(formula, options.ImageMean)) / Channels(formula, options.ImageStd);
        // Nothing before any axis, nothing behind images and channels
        var padding = formula.Concat(0, formula.Wholes(0, 0, 0, 0, 0, 0), padded - resized);
        return new(formula.Of("Pad", [images, padding]), size, resized, padded);
    }

    /// <summary>As <see cref="ImageBatch.ResizedSize"/>, in the same precisions.</summary>
    static OnnxValue ResizedSize(OnnxValue size, MaskRcnnOptions options)
    {
        var formula = size.In;
        var sides = size.Cast(DType.F32);
        // The reciprocal times the length: as single precision rounds it, a product in double, so that no runtime makes one quotient of it
        OnnxValue Factor(string side, int length) =>
            ((formula.Number(1) / sides.Map(side)).Cast(DType.F64) * formula.Number(length).Cast(DType.F64)).Cast(DType.F32);
        var factor = formula.Min(Factor("ReduceMin", options.MinSize), Factor("ReduceMax", options.MaxSize));
        var resized = (size.Cast(DType.F64) * factor.Cast(DType.F64)).Map("Floor").Cast(DType.I64);
        return formula.Max(resized, formula.Whole(1));
    }

    static OnnxValue Channels(OnnxFormula formula, IEnumerable<float> values) => formula.Numbers(values).Reshape(-1, 1, 1);
}
