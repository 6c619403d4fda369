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
    public static Tensor<float> Forward(Tensor<float> x, Pair kernel, Pair stride, Pair padding) =>
        Forward(x, kernel, new PoolOptions { Stride = stride, Padding = padding });

    /// <summary>y = max over each window of x. A NaN under the window gives NaN.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Window.</param>
    /// <param name="options">Stride, padding, dilation, ceil mode.</param>
    /// <returns>[N, H', W', C].</returns>
    /// <exception cref="ShapeException">The window does not fit.</exception>
    public static Tensor<float> Forward(Tensor<float> x, Pair kernel, PoolOptions options)
    {
        var y = Tensor<float>.Rent(x.Device, OutputShape(x.Shape, kernel, options));
        ForwardInto(x, kernel, options, y);
        return y;
    }

    internal static void ForwardInto(Tensor<float> x, Pair kernel, PoolOptions options, Tensor<float> y)
    {
        var window = PoolWindow.Of("MaxPool2d", x.Shape, kernel, options);
        window.CheckOutput("MaxPool2d", y.Shape);
        if (x.Device is HostDevice host)
        {
            Host(host, window, x, y);
            return;
        }

        using var scope = x.Device.BeginScope();
        var (padded, geometry) = PaddedPool.Of(x, window, float.NegativeInfinity);
        Gpu((GpuDevice)x.Device, geometry, padded, y);
    }

    /// <summary>Each output's gradient goes to the first of its window's largest values, row by row, as in PyTorch; to the first NaN if
    /// there is one.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="y">Of <see cref="Forward(Tensor{float}, Pair, Pair, Pair)"/>, [N, H', W', C].</param>
    /// <param name="kernel">As given there.</param>
    /// <param name="stride">As given there.</param>
    /// <param name="padding">As given there.</param>
    /// <param name="dy">[N, H', W', C].</param>
    /// <returns>[N, H, W, C].</returns>
    public static Tensor<float> Pullback(Tensor<float> x, Tensor<float> y, Pair kernel, Pair stride, Pair padding, Tensor<float> dy) =>
        Pullback(x, y, kernel, new PoolOptions { Stride = stride, Padding = padding }, dy);

    /// <summary>As <see cref="Pullback(Tensor{float}, Tensor{float}, Pair, Pair, Pair, Tensor{float})"/>, of any options.</summary>
    public static Tensor<float> Pullback(Tensor<float> x, Tensor<float> y, Pair kernel, PoolOptions options, Tensor<float> dy)
    {
        var window = PoolWindow.Of("MaxPool2d", x.Shape, kernel, options);
        window.CheckOutput("MaxPool2d", y.Shape);
        window.CheckOutput("MaxPool2d", dy.Shape);
        Shapes.SameDevice("MaxPool2d", x.Device, y, dy);
        using var scope = x.Device.BeginScope();
        var (padded, geometry) = PaddedPool.Of(x, window, float.NegativeInfinity);
        var dx = Tensor<float>.Rent(x.Device, padded.Shape);
        if (x.Device is HostDevice host && geometry.Dilation == 1)
            PullbackHost(host, geometry, padded, y, dy, dx);
        else if (x.Device is HostDevice hostOfTaps)
            TapPullbackHost(hostOfTaps, geometry, padded, y, dy, dx);
        else if (geometry.Dilation == 1)
            PullbackGpu((GpuDevice)x.Device, geometry, padded, y, dy, dx);
        else
            ((GpuDevice)x.Device).Launch(dx.Shape.Count, new TapPullbackKernel(padded.View, y.View, dy.View, dx.View, geometry));
        return scope.Keep(PaddedPool.Crop(dx, window));
    }

    /// <summary>The result's shape.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Window.</param>
    /// <param name="options">Stride, padding, dilation, ceil mode.</param>
    /// <returns>[N, H', W', C].</returns>
    /// <exception cref="ShapeException">The window does not fit.</exception>
    public static Shape OutputShape(Shape x, Pair kernel, PoolOptions options) => PoolWindow.Of("MaxPool2d", x, kernel, options).Output;

    /// <summary>The pooling as a tape records it; input x.</summary>
    /// <param name="Kernel">Window.</param>
    /// <param name="Options">Stride, padding, dilation, ceil mode.</param>
    public sealed record Function(Pair Kernel, PoolOptions Options) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "MaxPool2d";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var x = context[0];
            var y = MaxPool2d.Forward(x, Kernel, Options);
            context.Save(x, y);
            return y;
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [MaxPool2d.Pullback(context.Saved(0), context.Saved(1), Kernel, Options, dy)];
    }
}
