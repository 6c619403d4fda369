using Pqf.Nets.Detection;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Joints;

/// <summary>Masks at the size of the photograph in an ONNX graph, as <see cref="MaskPasting"/> puts them there.</summary>
/// <remarks>Resizing is linear along each axis: two matrix products for each mask, with matrices that are zero outside the box.</remarks>
static class OnnxPasting
{
    /// <summary>Probabilities [n, H, W].</summary>
    /// <param name="masks">[n, side, side].</param>
    /// <param name="boxes">[n, 4], in pixels of the photograph.</param>
    /// <param name="size">Rows and columns of the photograph, [2].</param>
    /// <param name="side">Cells of a mask.</param>
    public static OnnxValue Of(OnnxValue masks, OnnxValue boxes, OnnxValue size, int side)
    {
        var formula = masks.In;
        var box = OnnxBox.Of(boxes);
        var down = Taps(box.Y1, box.Y2, box.Height, size.Gather(formula.Whole(0), 0), side);
        var across = Taps(box.X1, box.X2, box.Width, size.Gather(formula.Whole(1), 0), side);
        return formula.Of("MatMul", [formula.Of("MatMul", [down, masks]), across.Transpose(0, 2, 1)]);
    }

    /// <summary>For each pixel of an axis the part that each cell has in it, [n, length, side].</summary>
    /// <param name="low">Begin of the boxes, [n, 1].</param>
    /// <param name="high">Their end.</param>
    /// <param name="extent">Their length.</param>
    /// <param name="length">Pixels of the photograph along the axis.</param>
    /// <param name="side">Cells of a mask.</param>
    static OnnxValue Taps(OnnxValue low, OnnxValue high, OnnxValue extent, OnnxValue length, int side)
    {
        var formula = low.In;
        int bordered = side + (2 * MaskPasting.Border);
        var half = extent * 0.5f * (float)((double)bordered / side);
        var centre = (high + low) * 0.5f;
        var first = (centre - half).Cast(DType.I64);
        var count = formula.Max((centre + half).Cast(DType.I64) - first + 1L, formula.Whole(1));
        var pixel = formula.Range(0, length) - first;
        var isInside = formula.All(pixel >= formula.Whole(0), pixel < count);
        var position = (formula.Number(bordered) / count.Cast(DType.F32) * (pixel.Cast(DType.F32) + 0.5f)) - 0.5f;
        position = formula.Max(position, formula.Number(0)).Unsqueeze(2);
        // Cells of the border are 0, and left out
        var cells = formula.Numbers(Enumerable.Range(MaskPasting.Border, side).Select(cell => (float)cell));
        var part = formula.Max(formula.Number(1) - (position - cells).Map("Abs"), formula.Number(0));
        return part * isInside.Cast(DType.F32).Unsqueeze(2);
    }
}
