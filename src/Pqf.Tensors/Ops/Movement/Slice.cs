using System.Collections.Immutable;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>A part of an axis.</summary>
public static class Slice
{
    /// <summary>Elements first, first + step, … of an axis.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="axis">Which axis.</param>
    /// <param name="first">The first element's place.</param>
    /// <param name="length">How many elements.</param>
    /// <param name="step">1 or more.</param>
    /// <returns>The shape of x with that axis of the given length.</returns>
    /// <exception cref="ShapeException">They are not all on the axis.</exception>
    public static Tensor<float> Forward(Tensor<float> x, int axis, int first, int length, int step = 1)
    {
        var y = Tensor<float>.Rent(x.Device, OutputShape(x.Shape, axis, first, length, step));
        ForwardInto(x, axis, first, step, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor.</summary>
    internal static void ForwardInto(Tensor<float> x, int axis, int first, int step, Tensor<float> y) =>
        StridedCopy.Run(x, y, Geometry(x.Shape, axis, first, step, y.Shape[axis], isReverse: false));

    /// <summary>The gradient where it was read, 0 elsewhere.</summary>
    /// <param name="x">Shape of the input.</param>
    /// <param name="axis">As given to <see cref="Forward"/>.</param>
    /// <param name="first">As given there.</param>
    /// <param name="step">As given there.</param>
    /// <param name="dy">Gradient of the slice.</param>
    /// <returns>The input's shape.</returns>
    public static Tensor<float> Pullback(Shape x, int axis, int first, int step, Tensor<float> dy)
    {
        Shapes.Same("Slice", OutputShape(x, axis, first, dy.Shape[axis], step), dy.Shape);
        var dx = Tensor<float>.Zeros(dy.Device, x);
        StridedCopy.Run(dy, dx, Geometry(x, axis, first, step, dy.Shape[axis], isReverse: true));
        return dx;
    }

    /// <summary>The result's shape.</summary>
    /// <exception cref="ShapeException">The elements are not all on the axis.</exception>
    public static Shape OutputShape(Shape x, int axis, int first, int length, int step)
    {
        int[] shape = [.. Shapes.Axis("Slice", x, axis)];
        if (step < 1 || first < 0 || length < 0 || (length > 0 && first + ((long)(length - 1) * step) >= x[axis]))
            throw new ShapeException("Slice", $"expected elements of axis {axis} of {x}, got {length} from {first} in steps of {step}");
        shape[axis] = length;
        return new(shape);
    }

    /// <summary>[outer, length, inner] of a slice, from a tensor to its slice or back.</summary>
    static CopyGeometry Geometry(Shape x, int axis, int first, int step, int length, bool isReverse)
    {
        int inner = 1,
            outer = 1;
        for (int i = 0; i < x.Rank; i++)
            (inner, outer) = (i > axis ? inner * x[i] : inner, i < axis ? outer * x[i] : outer);
        // Neighbours on the axis are neighbours in memory: one stretch.
        ReadOnlySpan<CopyAxis> axes =
            step == 1
                ? [new(outer, x[axis] * inner, length * inner), new(length * inner, 1, 1)]
                : [new(outer, x[axis] * inner, length * inner), new(length, step * inner, inner), new(inner, 1, 1)];
        if (!isReverse)
            return CopyGeometry.Of(axes, first * inner, 0);
        Span<CopyAxis> reverse = stackalloc CopyAxis[axes.Length];
        for (int i = 0; i < axes.Length; i++)
            reverse[i] = new(axes[i].Length, axes[i].To, axes[i].From);
        return CopyGeometry.Of(reverse, 0, first * inner);
    }

    /// <summary>The slice as a tape records it; input x.</summary>
    /// <param name="Axis">Which axis.</param>
    /// <param name="First">The first element's place.</param>
    /// <param name="Length">How many elements.</param>
    /// <param name="Step">1 or more.</param>
    public sealed record Function(int Axis, int First, int Length, int Step = 1) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Slice";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => Slice.Forward(context[0], Axis, First, Length, Step);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [Slice.Pullback(context.ShapeOf(0), Axis, First, Step, dy)];
    }
}
