using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>Slices of a tensor in a given order, as PyTorch's <c>index_select</c>.</summary>
public static partial class IndexSelect
{
    /// <summary>Slice i of the result along an axis is slice index[i] of x.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="axis">Which axis.</param>
    /// <param name="index">Each from 0 to the axis length − 1.</param>
    /// <returns>x's shape with that axis as long as the index.</returns>
    /// <exception cref="ShapeException">The axis does not exist or an index is outside it.</exception>
    public static Tensor<float> Forward(Tensor<float> x, int axis, ReadOnlySpan<int> index)
    {
        var (outer, inner) = Check(x.Shape, axis, index);
        int[] dimensions = [.. x.Shape];
        dimensions[axis] = index.Length;
        using var scope = x.Device.BeginScope();
        var y = scope.Keep(Tensor<float>.Rent(x.Device, new Shape(dimensions)));
        var order = Tensor<int>.From(x.Device, [index.Length], index);
        if (x.Device is HostDevice host)
            Host(host, x, order, outer, x.Shape[axis], inner, y);
        else
            Gpu((GpuDevice)x.Device, x, order, outer, x.Shape[axis], inner, y);
        return y;
    }

    /// <summary>Each slice's gradient to where it came from, in rising order; zeros where none came from.</summary>
    /// <param name="x">Shape of the input.</param>
    /// <param name="axis">As given to <see cref="Forward"/>.</param>
    /// <param name="index">As given there; may repeat.</param>
    /// <param name="dy">x's shape with that axis as long as the index.</param>
    /// <returns>Of x's shape.</returns>
    public static Tensor<float> Pullback(Shape x, int axis, ReadOnlySpan<int> index, Tensor<float> dy)
    {
        var (outer, inner) = Check(x, axis, index);
        int[] dimensions = [.. x];
        dimensions[axis] = index.Length;
        Shapes.Same("IndexSelect", new Shape(dimensions), dy.Shape);
        using var scope = dy.Device.BeginScope();
        var dx = scope.Keep(Tensor<float>.Zeros(dy.Device, x));
        var sources = Sources.Of(dy.Device, index);
        if (dy.Device is HostDevice host)
            PullbackHost(host, sources, outer, x[axis], inner, dy, dx);
        else
            PullbackGpu((GpuDevice)dy.Device, sources, outer, x[axis], inner, dy, dx);
        return dx;
    }

    /// <summary>Slices before the axis, and values of a slice.</summary>
    static (int Outer, int Inner) Check(Shape x, int axis, ReadOnlySpan<int> index)
    {
        Shapes.Axis("IndexSelect", x, axis);
        foreach (int i in index)
            if (i < 0 || i >= x[axis])
                throw new ShapeException("IndexSelect", $"expected indices from 0 to {x[axis] - 1}, got {i}");
        var (outer, inner) = (1, 1);
        for (int i = 0; i < x.Rank; i++)
            (outer, inner) = (i < axis ? outer * x[i] : outer, i > axis ? inner * x[i] : inner);
        return (outer, inner);
    }

    /// <summary>The places in an index of each number that it holds: what sums over them in a fixed order.</summary>
    /// <param name="Target">[n]: the numbers, rising.</param>
    /// <param name="Start">[n + 1]: places of number i stand from Start[i] to Start[i + 1].</param>
    /// <param name="Place">Places, rising for each number.</param>
    sealed record Sources(Tensor<int> Target, Tensor<int> Start, Tensor<int> Place)
    {
        public static Sources Of(Device device, ReadOnlySpan<int> index)
        {
            long[] sorted = new long[index.Length]; // number, then place
            for (int i = 0; i < index.Length; i++)
                sorted[i] = ((long)index[i] << 32) + i;
            Array.Sort(sorted);
            List<int> target = [],
                start = [];
            for (int i = 0; i < sorted.Length; i++)
                if (i == 0 || sorted[i] >> 32 != sorted[i - 1] >> 32)
                {
                    target.Add((int)(sorted[i] >> 32));
                    start.Add(i);
                }

            start.Add(sorted.Length);
            return new(
                Tensor<int>.From(device, [target.Count], [.. target]),
                Tensor<int>.From(device, [start.Count], [.. start]),
                Tensor<int>.From(device, [sorted.Length], [.. sorted.Select(pair => (int)pair)])
            );
        }
    }

    /// <summary>The selection as a tape records it; input x.</summary>
    /// <param name="Axis">Which axis.</param>
    /// <param name="Index">Each from 0 to the axis length − 1; may repeat and leave out.</param>
    public sealed record Function(int Axis, ImmutableArray<int> Index) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "IndexSelect";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => IndexSelect.Forward(context[0], Axis, Index.AsSpan());

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [IndexSelect.Pullback(context.ShapeOf(0), Axis, Index.AsSpan(), dy)];
    }
}
