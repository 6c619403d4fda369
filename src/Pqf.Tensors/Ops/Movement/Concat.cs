using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>Tensors joined along an axis, and taken apart again: each other's pull-back.</summary>
public static partial class Concat
{
    /// <summary>All parts, one after another along an axis.</summary>
    /// <param name="parts">One at least; alike on all other axes.</param>
    /// <param name="axis">Which axis.</param>
    /// <returns>Their shape, with that axis as long as theirs together.</returns>
    /// <exception cref="ShapeException">Parts do not fit one another.</exception>
    public static Tensor<float> Forward(ReadOnlySpan<Tensor<float>> parts, int axis)
    {
        var y = Tensor<float>.Rent(
            parts.Length == 0 ? throw new ShapeException("Concat", "expected one part or more, got none") : parts[0].Device,
            OutputShape([.. parts.ToArray().Select(part => part.Shape)], axis)
        );
        int at = 0;
        foreach (var part in parts)
        {
            Shapes.SameDevice("Concat", y.Device, part);
            Put(part, y, at, axis);
            at += part.Shape[axis];
        }

        return y;
    }

    /// <summary>Writes one part into the whole.</summary>
    /// <param name="part">The part.</param>
    /// <param name="y">The whole.</param>
    /// <param name="at">Its place on the axis.</param>
    /// <param name="axis">Which axis.</param>
    internal static void Put(Tensor<float> part, Tensor<float> y, int at, int axis) => Copy(part, 0, y, at, axis, part.Shape[axis]);

    /// <summary>Parts of given lengths, one after another.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="axis">Which axis.</param>
    /// <param name="lengths">They add up to the axis.</param>
    /// <returns>As many parts, of their own memory.</returns>
    /// <exception cref="ShapeException">Lengths do not fit the axis.</exception>
    public static ImmutableArray<Tensor<float>> Split(Tensor<float> x, int axis, params ReadOnlySpan<int> lengths)
    {
        CheckSplit(x.Shape, axis, lengths);
        var parts = ImmutableArray.CreateBuilder<Tensor<float>>(lengths.Length);
        int at = 0;
        foreach (int length in lengths)
        {
            int[] shape = [.. x.Shape];
            shape[axis] = length;
            var part = Tensor<float>.Rent(x.Device, new Shape(shape));
            Copy(x, at, part, 0, axis, length);
            parts.Add(part);
            at += length;
        }

        return parts.MoveToImmutable();
    }

    /// <summary>Slices of one tensor, from a place on an axis, to a place on another's.</summary>
    static void Copy(Tensor<float> from, int fromAt, Tensor<float> to, int toAt, int axis, int length)
    {
        int inner = 1;
        foreach (int others in from.Shape.AsSpan()[(axis + 1)..])
            inner *= others;
        var blocks = new Blocks(length * inner, from.Shape[axis] * inner, fromAt * inner, to.Shape[axis] * inner, toAt * inner);
        int count = blocks.Length == 0 ? 0 : from.Shape.Count / blocks.FromStride;
        if (from.Device is HostDevice host)
            Host(host, blocks, count, from, to);
        else
            ((GpuDevice)from.Device).Launch(count * blocks.Length, new Kernel(from.View, to.View, blocks));
    }

    /// <summary>Stretches of memory at equal distances.</summary>
    internal readonly record struct Blocks(int Length, int FromStride, int FromAt, int ToStride, int ToAt);

    /// <summary>The shape of all parts together.</summary>
    /// <exception cref="ShapeException">Parts do not fit one another.</exception>
    public static Shape OutputShape(ReadOnlySpan<Shape> parts, int axis)
    {
        int[] lengths = [.. Shapes.Axis("Concat", parts[0], axis)];
        lengths[axis] = 0;
        var others = new Shape(lengths);
        int length = 0;
        foreach (var part in parts)
        {
            int[] own = [.. Shapes.Rank("Concat", "parts", part, others.Rank)];
            length += own[axis];
            own[axis] = 0;
            if (new Shape(own) != others)
                throw new ShapeException("Concat", $"expected parts alike but for axis {axis}, got {parts[0]} and {part}");
        }

        lengths[axis] = length;
        return new Shape(lengths);
    }

    static void CheckSplit(Shape x, int axis, ReadOnlySpan<int> lengths)
    {
        var (sum, least) = (0L, 0);
        foreach (int length in lengths)
            (sum, least) = (sum + length, Math.Min(least, length));
        if (sum != Shapes.Axis("Split", x, axis)[axis] || least < 0)
            throw new ShapeException(
                "Split",
                $"expected lengths that add up to axis {axis} of {x}, got {string.Join(", ", lengths.ToArray())}"
            );
    }

    /// <summary>The joined tensor as a tape records it; one input for each part.</summary>
    /// <param name="Axis">Which axis.</param>
    public sealed record Function(int Axis) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Concat";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => Concat.Forward(context.All, Axis);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [.. Split(dy, Axis, [.. Enumerable.Range(0, context.InputCount).Select(part => context.ShapeOf(part)[Axis])])];
    }
}
