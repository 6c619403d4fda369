using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Autodiff;

/// <summary>Each op of <c>Pqf.Tensors</c>, run and recorded. A gradient is computed only for what needs one.</summary>
public static partial class Recorded
{
    /// <summary>a + b.</summary>
    public static Variable Add(this Tape tape, Variable a, Variable b) =>
        tape.Add("Add", Tensors.Ops.Elementwise.Add.Forward(a.Value, b.Value), [a, b], [], dy => [dy, dy]);

    /// <summary>factor · x.</summary>
    public static Variable Scale(this Tape tape, Variable x, float factor) =>
        tape.Add(
            "Scale",
            Tensors.Ops.Elementwise.Scale.Forward(x.Value, factor),
            [x],
            [],
            dy => [Tensors.Ops.Elementwise.Scale.Forward(dy, factor)]
        );

    /// <summary>f(x), element by element.</summary>
    public static Variable Map<TOp>(this Tape tape, Variable x)
        where TOp : unmanaged, IUnaryOp
    {
        var y = Tensors.Ops.Elementwise.Map.Forward<TOp>(x.Value);
        return tape.Add("Map", y, [x], [y], dy => [Tensors.Ops.Elementwise.Map.Pullback<TOp>(y, dy)]);
    }

    /// <summary>The same elements under another shape.</summary>
    public static Variable Reshape(this Tape tape, Variable x, Shape shape) =>
        tape.Add("Reshape", x.Value.Reshape(shape), [x], [], dy => [dy.Reshape(x.Shape)]);

    /// <summary>Slices along an axis in a given order; they may repeat and leave out.</summary>
    public static Variable IndexSelect(this Tape tape, Variable x, int axis, ReadOnlySpan<int> index)
    {
        int[] places = [.. index];
        return tape.Add(
            "IndexSelect",
            Tensors.Ops.Movement.IndexSelect.Forward(x.Value, axis, index),
            [x],
            [],
            dy => [Tensors.Ops.Movement.IndexSelect.Pullback(x.Shape, axis, places, dy)]
        );
    }

    /// <summary>All parts, one after another along an axis.</summary>
    public static Variable Concat(this Tape tape, ReadOnlySpan<Variable> parts, int axis)
    {
        Variable[] parents = [.. parts];
        return tape.Add(
            "Concat",
            Tensors.Ops.Movement.Concat.Forward([.. parents.Select(part => part.Value)], axis),
            parents,
            [],
            dy => [.. Tensors.Ops.Movement.Concat.Split(dy, axis, [.. parents.Select(part => part.Shape[axis])])]
        );
    }

    /// <summary>a · b.</summary>
    public static Variable MatMul(this Tape tape, Variable a, Variable b, Transpose transpose = Transpose.None)
    {
        var (left, right) = (a.Value, b.Value);
        return tape.Add(
            "MatMul",
            Tensors.Ops.Products.MatMul.Forward(left, right, transpose),
            [a, b],
            Operands(a, b),
            dy =>
                [
                    a.NeedsGradient ? Tensors.Ops.Products.MatMul.LeftPullback(right, dy, transpose) : null,
                    b.NeedsGradient ? Tensors.Ops.Products.MatMul.RightPullback(left, dy, transpose) : null,
                ]
        );
    }

    /// <summary>x · weightᵀ + bias.</summary>
    public static Variable Linear(this Tape tape, Variable x, Variable weight, Variable? bias)
    {
        var (input, matrix) = (x.Value, weight.Value);
        var y = Tensors.Ops.Products.Linear.Forward(input, matrix, bias?.Value);
        return tape.Add(
            "Linear",
            y,
            Parents(x, weight, bias),
            Operands(x, weight),
            dy =>
            {
                var dx = x.NeedsGradient ? Tensors.Ops.Products.Linear.InputPullback(matrix, dy) : null;
                var dWeight = weight.NeedsGradient ? Tensors.Ops.Products.Linear.WeightPullback(input, dy) : null;
                return Gradients(dx, dWeight, bias, dy);
            }
        );
    }

    /// <summary>In the order of <see cref="Parents"/>.</summary>
    static ImmutableArray<Tensor<float>?> Gradients(Tensor<float>? dx, Tensor<float>? dWeight, Variable? bias, Tensor<float> dy) =>
        bias is null ? [dx, dWeight] : [dx, dWeight, bias.NeedsGradient ? Tensors.Ops.Products.Linear.BiasPullback(dy) : null];

    static Variable[] Parents(Variable x, Variable weight, Variable? bias) => bias is null ? [x, weight] : [x, weight, bias];

    /// <summary>What the pull-back of a bilinear op reads: each operand for the gradient of the other.</summary>
    static Tensor<float>[] Operands(Variable left, Variable right) =>
        (left.NeedsGradient, right.NeedsGradient) switch
        {
            (true, true) => [left.Value, right.Value],
            (true, false) => [right.Value],
            (false, true) => [left.Value],
            _ => [],
        };
}
