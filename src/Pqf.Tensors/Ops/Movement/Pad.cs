using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>Images with pixels added around them.</summary>
public static partial class Pad
{
    /// <summary>y = x with more pixels.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="options">How many, and what they hold.</param>
    /// <returns>[N, H', W', C].</returns>
    /// <exception cref="ShapeException">Fewer than none are to be added, or more than there are to mirror.</exception>
    public static Tensor<float> Forward(Tensor<float> x, PadOptions options)
    {
        var y = Tensor<float>.Rent(x.Device, OutputShape(x.Shape, options));
        ForwardInto(x, options, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor.</summary>
    internal static void ForwardInto(Tensor<float> x, PadOptions options, Tensor<float> y)
    {
        var geometry = Geometry(x.Shape, options);
        if (y.Shape != OutputShape(x.Shape, options))
            throw new ShapeException("Pad", $"expected a result of {OutputShape(x.Shape, options)}, got {y.Shape}");
        Shapes.SameDevice("Pad", x.Device, y);
        if (x.Device is HostDevice host)
            Host(host, geometry, options.Value, x, y);
        else
            ((GpuDevice)x.Device).Launch(y.Shape.Count, new Kernel(x.View, y.View, geometry, options.Value));
    }

    /// <summary>To each pixel the sum of the gradients of all outputs that copy it.</summary>
    /// <param name="x">Shape of the input, [N, H, W, C].</param>
    /// <param name="options">As given to <see cref="Forward"/>.</param>
    /// <param name="dy">[N, H', W', C].</param>
    /// <returns>[N, H, W, C].</returns>
    public static Tensor<float> Pullback(Shape x, PadOptions options, Tensor<float> dy)
    {
        Shapes.Same("Pad", OutputShape(x, options), dy.Shape);
        var geometry = Geometry(x, options);
        var dx = Tensor<float>.Rent(dy.Device, x);
        if (dy.Device is HostDevice host)
            PullbackHost(host, geometry, dy, dx);
        else
            ((GpuDevice)dy.Device).Launch(dx.Shape.Count, new PullbackKernel(dy.View, dx.View, geometry));
        return dx;
    }

    /// <summary>The result's shape.</summary>
    /// <exception cref="ShapeException">Fewer than none are to be added, or more than there are to mirror.</exception>
    public static Shape OutputShape(Shape x, PadOptions options)
    {
        var geometry = Geometry(x, options);
        return [x[0], geometry.Rows.Out, geometry.Columns.Out, x[3]];
    }

    static PadGeometry Geometry(Shape x, PadOptions options)
    {
        Shapes.Rank("Pad", "x [N, H, W, C]", x, 4);
        return new(
            x[0],
            Axis(x, x[1], options.Start.H, options.End.H, options.Mode),
            Axis(x, x[2], options.Start.W, options.End.W, options.Mode),
            x[3]
        );
    }

    static PadAxis Axis(Shape x, int length, int before, int after, PadMode mode)
    {
        int most =
            mode == PadMode.Reflect ? length - 1
            : mode == PadMode.Edge && length == 0 ? 0
            : short.MaxValue;
        return before >= 0 && after >= 0 && before <= most && after <= most
            ? new(length, before, length + before + after, mode)
            : throw new ShapeException(
                "Pad",
                $"expected from 0 to {Math.Max(0, most)} more pixels a side of {x}, got {before} and {after}"
            );
    }

    /// <summary>The padded images as a tape records them; input x.</summary>
    /// <param name="Options">How many pixels, and what they hold.</param>
    public sealed record Function(PadOptions Options) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Pad";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => Pad.Forward(context[0], Options);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [Pad.Pullback(context.ShapeOf(0), Options, dy)];
    }
}
