using Pqf.Tensors;

namespace Pqf.Autodiff;

public static partial class Recorded
{
    /// <summary>Cells of boxes, each read from its own map; see <see cref="Tensors.RoiAlign"/>. Boxes get no gradient.</summary>
    public static Variable RoiAlign(this Tape tape, ReadOnlySpan<Variable> maps, Rois rois, RoiAlignOptions options)
    {
        Variable[] parents = [.. maps];
        var y = Tensors.RoiAlign.Forward([.. parents.Select(map => map.Value)], rois, options);
        // No gradient, rather than zeros of its size, for a map that no box is read from.
        return tape.Add("RoiAlign", y, parents, [], dy =>
            [.. parents.Select((map, level) => map.NeedsGradient && rois.Rows(level) is not null ? Tensors.RoiAlign.Pullback(map.Shape, rois, level, options, dy) : null)]);
    }

    /// <summary>Images resized; see <see cref="Tensors.Interpolate"/>.</summary>
    public static Variable Interpolate(this Tape tape, Variable x, Pair size, InterpolationMode mode) =>
        tape.Add("Interpolate", Tensors.Interpolate.Forward(x.Value, size, mode), [x], [], dy => [Tensors.Interpolate.Pullback(x.Shape, mode, dy)]);
}
