using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Nets.Layers;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Joints;

/// <summary>Cells of boxes in an ONNX graph, as <see cref="RoiCells"/> takes them from the levels.</summary>
static class OnnxCells
{
    /// <summary>Cells [n, C, S, S] of boxes.</summary>
    /// <param name="levels">[1, C, H, W], from the finest.</param>
    /// <param name="boxes">[n, 4].</param>
    /// <param name="pooling">How they are cut.</param>
    public static OnnxValue Of(ImmutableArray<OnnxValue> levels, OnnxValue boxes, RoiPooling pooling)
    {
        var formula = boxes.In;
        var levelOf = LevelOf(boxes, pooling, levels.Length);
        OnnxValue[] rows = [.. levels.Select((_, i) => formula.Of("Equal", [levelOf, formula.Whole(i)]).Map("NonZero").Squeeze(0))];
        var cells = formula.Concat(0, [.. levels.Select((level, i) => Aligned(level, boxes, rows[i], pooling, i))]);
        var order = formula.Concat(0, rows);
        // Sorted, the numbers of boxes are where each one's cells are.
        var places = formula.Several("TopK", [order, order.Shape()], 2, OnnxMessages.Attribute("largest", 0))[1];
        return cells.Gather(places, 0);
    }

    static OnnxValue Aligned(OnnxValue level, OnnxValue boxes, OnnxValue rows, RoiPooling pooling, int number) =>
        level.In.Of(
            "RoiAlign",
            [level, boxes.Gather(rows, 0), rows * 0L], // the first image
            OnnxMessages.Attribute("coordinate_transformation_mode", "output_half_pixel"),
            OnnxMessages.Attribute("output_height", pooling.Size),
            OnnxMessages.Attribute("output_width", pooling.Size),
            OnnxMessages.Attribute("sampling_ratio", pooling.SamplingRatio),
            OnnxMessages.Attribute("spatial_scale", 1f / (1 << (number + RoiPooling.FinestLevel)))
        );

    /// <summary>The number of each box's level, [n], as <see cref="RoiCells.LevelOf"/>.</summary>
    static OnnxValue LevelOf(OnnxValue boxes, RoiPooling pooling, int levelCount)
    {
        var box = OnnxBox.Of(boxes);
        var side = (box.Width * box.Height).Squeeze(1).Map("Sqrt");
        var octaves = ((side / (float)pooling.CanonicalScale).Cast(DType.F64).Map("Log") / Double(side.In, Math.Log(2))).Cast(DType.F32);
        var level = ((octaves + (float)pooling.CanonicalLevel) + RoiCells.Eps).Map("Floor") - (float)RoiPooling.FinestLevel;
        return side.In.Of("Clip", [level, side.In.Number(0), side.In.Number(levelCount - 1)]).Cast(DType.I64);
    }

    /// <summary>The logarithm of 2 in double precision.</summary>
    static OnnxValue Double(OnnxFormula formula, double value) =>
        // The sum of two single ones is exact to 48 bits
        formula.Number((float)value).Cast(DType.F64) + formula.Number((float)(value - (float)value)).Cast(DType.F64);
}
