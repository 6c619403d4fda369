using Pqf.Tensors;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Autodiff;

public static partial class Recorded
{
    /// <summary>Cells of boxes, each read from its own map; see <see cref="Tensors.Ops.Boxes.RoiAlign"/>. Boxes get no gradient.</summary>
    public static Variable RoiAlign(this Tape tape, ReadOnlySpan<Variable> maps, Rois rois, RoiAlignOptions options)
    {
        Variable[] parents = [.. maps];
        var y = Tensors.Ops.Boxes.RoiAlign.Forward([.. parents.Select(map => map.Value)], rois, options);
        // No gradient, rather than zeros of its size, for a map that no box is read from.
        return tape.Add(
            "RoiAlign",
            y,
            parents,
            [],
            dy =>
                [
                    .. parents.Select(
                        (map, level) =>
                            map.NeedsGradient && rois.Rows(level) is not null
                                ? Tensors.Ops.Boxes.RoiAlign.Pullback(map.Shape, rois, level, options, dy)
                                : null
                    ),
                ]
        );
    }

    /// <summary>Images resized; see <see cref="Tensors.Ops.Movement.Interpolate"/>.</summary>
    public static Variable Interpolate(this Tape tape, Variable x, Pair size, InterpolationMode mode) =>
        tape.Add(
            "Interpolate",
            Tensors.Ops.Movement.Interpolate.Forward(x.Value, size, mode),
            [x],
            [],
            dy => [Tensors.Ops.Movement.Interpolate.Pullback(x.Shape, mode, dy)]
        );
}
