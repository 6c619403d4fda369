using System.Collections.Immutable;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>Axes in another order. Its own pull-back, with the inverse order.</summary>
public static class Permute
{
    /// <summary>Axis i of the result is axis order[i] of x.</summary>
    /// <param name="x">Up to five axes.</param>
    /// <param name="order">Each axis once.</param>
    /// <exception cref="ShapeException">The order is not one of x's axes.</exception>
    public static Tensor<float> Forward(Tensor<float> x, params ReadOnlySpan<int> order)
    {
        var y = Tensor<float>.Rent(x.Device, OutputShape(x.Shape, order));
        ForwardInto(x, order, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor of as many elements.</summary>
    internal static void ForwardInto(Tensor<float> x, ReadOnlySpan<int> order, Tensor<float> y)
    {
        Shapes.Same("Permute", [x.Shape.Count], [y.Shape.Count]);
        Span<CopyAxis> axes = stackalloc CopyAxis[order.Length];
        int to = 1;
        for (int i = order.Length - 1; i >= 0; i--)
        {
            int from = 1;
            for (int axis = order[i] + 1; axis < x.Shape.Rank; axis++)
                from *= x.Shape[axis];
            axes[i] = new(x.Shape[order[i]], from, to);
            to *= x.Shape[order[i]];
        }

        StridedCopy.Run(x, y, CopyGeometry.Of(axes));
    }

    /// <summary>The result's shape.</summary>
    /// <exception cref="ShapeException">The order is not one of x's axes.</exception>
    public static Shape OutputShape(Shape x, ReadOnlySpan<int> order)
    {
        int[] sorted = order.ToArray();
        Array.Sort(sorted);
        if (x.Rank > CopyGeometry.AxisCount || !sorted.AsSpan().SequenceEqual([.. Enumerable.Range(0, x.Rank)]))
            throw new ShapeException(
                "Permute",
                $"expected each of at most {CopyGeometry.AxisCount} axes once, got [{string.Join(", ", order.ToArray())}] for {x}"
            );
        int[] shape = new int[order.Length];
        for (int i = 0; i < shape.Length; i++)
            shape[i] = x[order[i]];
        return new(shape);
    }

    /// <summary>The order that undoes another.</summary>
    public static ImmutableArray<int> Inverse(ReadOnlySpan<int> order)
    {
        int[] inverse = new int[order.Length];
        for (int i = 0; i < order.Length; i++)
            inverse[order[i]] = i;
        return [.. inverse];
    }

    /// <summary>The reordered tensor as a tape records it; input x.</summary>
    /// <param name="Order">Each axis once.</param>
    public sealed record Function(ImmutableArray<int> Order) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Permute";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => Permute.Forward(context[0], Order.AsSpan());

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [Permute.Forward(dy, Inverse(Order.AsSpan()).AsSpan())];
    }
}
