using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>Largest value under a moving window; padding never wins.</summary>
public static partial class MaxPool2d
{
    /// <summary>y = max over each window of x. A NaN under the window gives NaN.</summary>
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

    internal static void ForwardInto(Tensor<float> x, Pair kernel, Pair stride, Pair padding, Tensor<float> y)
    {
        var geometry = PoolGeometry.Of("MaxPool2d", x.Shape, kernel, stride, padding);
        geometry.CheckOutput("MaxPool2d", y.Shape);
        if (x.Device is HostDevice host)
            Host(host, geometry, x, y);
        else
            Gpu((GpuDevice)x.Device, geometry, x, y);
    }

    /// <summary>Each output's gradient goes to the first of its window's largest values, row by row, as in PyTorch; to the first NaN if
    /// there is one.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="y">Of <see cref="Forward"/>, [N, H', W', C].</param>
    /// <param name="kernel">As given there.</param>
    /// <param name="stride">As given there.</param>
    /// <param name="padding">As given there.</param>
    /// <param name="dy">[N, H', W', C].</param>
    /// <returns>[N, H, W, C].</returns>
    public static Tensor<float> Pullback(Tensor<float> x, Tensor<float> y, Pair kernel, Pair stride, Pair padding, Tensor<float> dy)
    {
        var geometry = PoolGeometry.Of("MaxPool2d", x.Shape, kernel, stride, padding);
        geometry.CheckOutput("MaxPool2d", y.Shape);
        geometry.CheckOutput("MaxPool2d", dy.Shape);
        Shapes.SameDevice("MaxPool2d", x.Device, y, dy);
        var dx = Tensor<float>.Rent(x.Device, x.Shape);
        if (x.Device is HostDevice host)
            PullbackHost(host, geometry, x, y, dy, dx);
        else
            PullbackGpu((GpuDevice)x.Device, geometry, x, y, dy, dx);
        return dx;
    }

    /// <summary>The result's shape.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Window.</param>
    /// <param name="stride">Steps between windows.</param>
    /// <param name="padding">At most half the window.</param>
    /// <returns>[N, H', W', C].</returns>
    /// <exception cref="ShapeException">The window does not fit.</exception>
    public static Shape OutputShape(Shape x, Pair kernel, Pair stride, Pair padding) =>
        PoolGeometry.Of("MaxPool2d", x, kernel, stride, padding).Output;

    /// <summary>The pooling as a tape records it; input x.</summary>
    /// <param name="Kernel">Window.</param>
    /// <param name="Stride">Steps between windows.</param>
    /// <param name="Padding">At most half the window.</param>
    public sealed record Function(Pair Kernel, Pair Stride, Pair Padding) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "MaxPool2d";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var x = context[0];
            var y = MaxPool2d.Forward(x, Kernel, Stride, Padding);
            context.Save(x, y);
            return y;
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [MaxPool2d.Pullback(context.Saved(0), context.Saved(1), Kernel, Stride, Padding, dy)];
    }
}
