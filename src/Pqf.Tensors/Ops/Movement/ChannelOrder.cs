using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>Moves channels between the last axis, where ops keep them, and the second, where files and PyTorch keep them.</summary>
public static partial class ChannelOrder
{
    /// <summary>[N, C, H, W] to [N, H, W, C].</summary>
    /// <exception cref="ShapeException">x does not have four axes.</exception>
    public static Tensor<float> ToChannelsLast(Tensor<float> x)
    {
        var s = Shapes.Rank("ToChannelsLast", "x [N, C, H, W]", x.Shape, 4);
        return Swap(x, s[0], s[1], s[2] * s[3], [s[0], s[2], s[3], s[1]]);
    }

    /// <summary>Values in the order of PyTorch as a tensor, in one pass on the host.</summary>
    /// <param name="device">Where the tensor will be.</param>
    /// <param name="shape">[N, C, H, W].</param>
    /// <param name="values">As many as the shape has.</param>
    /// <returns>[N, H, W, C].</returns>
    /// <exception cref="ShapeException">The shape does not have four axes, or the values are not as many.</exception>
    public static unsafe Tensor<float> ToChannelsLast(Device device, Shape shape, ReadOnlySpan<float> values)
    {
        if (device is not HostDevice host)
            return ToChannelsLast(Tensor<float>.From(device, shape, values));
        var s = Shapes.Rank("ToChannelsLast", "shape [N, C, H, W]", shape, 4);
        Shapes.Same("ToChannelsLast", [s.Count], [values.Length]);
        var y = Tensor<float>.Rent(device, [s[0], s[2], s[3], s[1]]);
        fixed (float* x = values)
            Host(host, x, s[0], s[1], s[2] * s[3], y);
        return y;
    }

    /// <summary>[N, H, W, C] to [N, C, H, W].</summary>
    /// <exception cref="ShapeException">x does not have four axes.</exception>
    public static Tensor<float> ToChannelsFirst(Tensor<float> x)
    {
        var s = Shapes.Rank("ToChannelsFirst", "x [N, H, W, C]", x.Shape, 4);
        return Swap(x, s[0], s[1] * s[2], s[3], [s[0], s[3], s[1], s[2]]);
    }

    /// <summary>As <see cref="ToChannelsFirst"/>, into a given tensor of as many elements.</summary>
    internal static void ToChannelsFirstInto(Tensor<float> x, Tensor<float> y)
    {
        var s = Shapes.Rank("ToChannelsFirst", "x [N, H, W, C]", x.Shape, 4);
        Shapes.Same("ToChannelsFirst", [s.Count], [y.Shape.Count]);
        Shapes.SameDevice("ToChannelsFirst", x.Device, y);
        SwapInto(x, s[0], s[1] * s[2], s[3], y);
    }

    /// <summary>[n, rows, columns] to [n, columns, rows].</summary>
    static Tensor<float> Swap(Tensor<float> x, int n, int rows, int columns, Shape result)
    {
        var y = Tensor<float>.Rent(x.Device, result);
        SwapInto(x, n, rows, columns, y);
        return y;
    }

    static unsafe void SwapInto(Tensor<float> x, int n, int rows, int columns, Tensor<float> y)
    {
        if (x.Device is HostDevice host)
            Host(host, x.Pointer, n, rows, columns, y);
        else
            Gpu((GpuDevice)x.Device, x, n, rows, columns, y);
    }

    /// <summary>The values of each image under another shape, in the order of [N, C, H, W] where there are four axes.</summary>
    /// <param name="x">[N, H, W, C] or [N, …].</param>
    /// <param name="y">As many values: [N, H, W, C] or [N, …].</param>
    internal static void ReshapeInto(Tensor<float> x, Tensor<float> y)
    {
        Shapes.Same("Reshape", [x.Shape.Count], [y.Shape.Count]);
        using var scope = x.Device.BeginScope();
        // Images of one pixel or one channel lie in the same order both ways.
        bool isMoved = x.Shape.Rank == 4 && x.Shape[3] > 1 && x.Shape[1] * x.Shape[2] > 1,
            isMovedBack = y.Shape.Rank == 4 && y.Shape[3] > 1 && y.Shape[1] * y.Shape[2] > 1;
        var first = isMoved ? ToChannelsFirst(x) : x;
        if (isMovedBack)
            SwapInto(first, y.Shape[0], y.Shape[3], y.Shape[1] * y.Shape[2], y);
        else
            StridedCopy.Run(first, y, CopyGeometry.Of([new(y.Shape.Count, 1, 1)]));
    }

    /// <summary>The reshaped images as a tape records them, in the order of [N, C, H, W] where there are four axes; input x.</summary>
    /// <param name="Shape">Of the value, as it lies in memory.</param>
    public sealed record ReshapeFunction(Shape Shape) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Reshape";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => Reshaped(context[0], Shape);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [Reshaped(dy, context.ShapeOf(0))];

        static Tensor<float> Reshaped(Tensor<float> x, Shape shape)
        {
            var y = Tensor<float>.Rent(x.Device, shape);
            ReshapeInto(x, y);
            return y;
        }
    }
}
