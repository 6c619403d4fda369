using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>Mean under a moving window.</summary>
public static partial class AvgPool2d
{
    /// <summary>y = mean over each window of x; padding counts as zeros, as in PyTorch's default.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Window.</param>
    /// <param name="stride">Steps between windows.</param>
    /// <param name="padding">At most half the window.</param>
    /// <returns>[N, H', W', C].</returns>
    /// <exception cref="ShapeException">The window does not fit.</exception>
    public static Tensor<float> Forward(Tensor<float> x, Pair kernel, Pair stride, Pair padding)
    {
        var y = Tensor<float>.Rent(x.Device, OutputShape(x.Shape, kernel, stride, padding));
        ForwardInto(x, kernel, stride, padding, y);
        return y;
    }

    /// <summary>Mean over all pixels.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <returns>[N, 1, 1, C].</returns>
    public static Tensor<float> Global(Tensor<float> x)
    {
        Shapes.Rank("AvgPool2d", "x [N, H, W, C]", x.Shape, 4);
        return Forward(x, new Pair(x.Shape[1], x.Shape[2]), 1, 0);
    }

    internal static void ForwardInto(Tensor<float> x, Pair kernel, Pair stride, Pair padding, Tensor<float> y)
    {
        var geometry = PoolGeometry.Of("AvgPool2d", x.Shape, kernel, stride, padding);
        geometry.CheckOutput("AvgPool2d", y.Shape);
        if (x.Device is HostDevice host)
            Host(host, geometry, x, y);
        else
            Gpu((GpuDevice)x.Device, geometry, x, y);
    }

    /// <summary>Each output's gradient, in equal parts, to all of its window.</summary>
    /// <param name="x">Shape of the input, [N, H, W, C].</param>
    /// <param name="kernel">As given to <see cref="Forward"/>.</param>
    /// <param name="stride">As given there.</param>
    /// <param name="padding">As given there.</param>
    /// <param name="dy">[N, H', W', C].</param>
    /// <returns>[N, H, W, C].</returns>
    public static Tensor<float> Pullback(Shape x, Pair kernel, Pair stride, Pair padding, Tensor<float> dy)
    {
        var geometry = PoolGeometry.Of("AvgPool2d", x, kernel, stride, padding);
        geometry.CheckOutput("AvgPool2d", dy.Shape);
        var dx = Tensor<float>.Rent(dy.Device, x);
        if (dy.Device is HostDevice host)
            PullbackHost(host, geometry, dy, dx);
        else
            PullbackGpu((GpuDevice)dy.Device, geometry, dy, dx);
        return dx;
    }

    /// <summary>The pull-back of <see cref="Global"/>.</summary>
    /// <param name="x">Shape of the input, [N, H, W, C].</param>
    /// <param name="dy">[N, 1, 1, C].</param>
    /// <returns>[N, H, W, C].</returns>
    public static Tensor<float> GlobalPullback(Shape x, Tensor<float> dy)
    {
        Shapes.Rank("AvgPool2d", "x [N, H, W, C]", x, 4);
        return Pullback(x, new Pair(x[1], x[2]), 1, 0, dy);
    }

    /// <summary>The result's shape.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Window.</param>
    /// <param name="stride">Steps between windows.</param>
    /// <param name="padding">At most half the window.</param>
    /// <returns>[N, H', W', C].</returns>
    /// <exception cref="ShapeException">The window does not fit.</exception>
    public static Shape OutputShape(Shape x, Pair kernel, Pair stride, Pair padding) =>
        PoolGeometry.Of("AvgPool2d", x, kernel, stride, padding).Output;

    /// <summary>The mean over all pixels as a tape records it; input x.</summary>
    public sealed record GlobalFunction : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "GlobalAvgPool";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => Global(context[0]);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [GlobalPullback(context.ShapeOf(0), dy)];
    }
}
