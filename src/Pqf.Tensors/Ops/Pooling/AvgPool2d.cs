using System.Collections.Immutable;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Arithmetic;

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

    /// <summary>y = mean over each window of x.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Window.</param>
    /// <param name="options">Stride, padding, ceil mode; no dilation.</param>
    /// <param name="padding">Whether padding counts as zeros.</param>
    /// <returns>[N, H', W', C].</returns>
    /// <exception cref="ShapeException">The window does not fit.</exception>
    public static Tensor<float> Forward(Tensor<float> x, Pair kernel, PoolOptions options, PaddingCounts padding)
    {
        var y = Tensor<float>.Rent(x.Device, OutputShape(x.Shape, kernel, options));
        ForwardInto(x, kernel, options, padding, y);
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

    internal static void ForwardInto(Tensor<float> x, Pair kernel, Pair stride, Pair padding, Tensor<float> y) =>
        ForwardInto(x, kernel, new PoolOptions { Stride = stride, Padding = padding }, PaddingCounts.AsZeros, y);

    internal static void ForwardInto(Tensor<float> x, Pair kernel, PoolOptions options, PaddingCounts padding, Tensor<float> y)
    {
        var window = Window(x.Shape, kernel, options);
        window.CheckOutput("AvgPool2d", y.Shape);
        if (x.Device is HostDevice host)
        {
            Host(host, window, Count(padding), x, y);
            return;
        }

        using var scope = x.Device.BeginScope();
        var (padded, geometry) = PaddedPool.Of(x, window, 0);
        Gpu((GpuDevice)x.Device, geometry, padded, y);
        if (PoolCounts.Corrections(Count(padding), window, x.Device) is { } corrections)
            Broadcast.ForwardInto<Times>(y, corrections, y);
    }

    static PoolCount Count(PaddingCounts padding) => padding == PaddingCounts.AsZeros ? PoolCount.Padded : PoolCount.Inside;

    static PoolWindow Window(Shape x, Pair kernel, PoolOptions options) =>
        options.Dilation == 1
            ? PoolWindow.Of("AvgPool2d", x, kernel, options)
            : throw new ShapeException("AvgPool2d", $"expected a dilation of 1, got {options.Dilation}");

    /// <summary>Each output's gradient, in equal parts, to all of its window.</summary>
    /// <param name="x">Shape of the input, [N, H, W, C].</param>
    /// <param name="kernel">As given to <see cref="Forward(Tensor{float}, Pair, Pair, Pair)"/>.</param>
    /// <param name="stride">As given there.</param>
    /// <param name="padding">As given there.</param>
    /// <param name="dy">[N, H', W', C].</param>
    /// <returns>[N, H, W, C].</returns>
    public static Tensor<float> Pullback(Shape x, Pair kernel, Pair stride, Pair padding, Tensor<float> dy) =>
        Pullback(x, kernel, new PoolOptions { Stride = stride, Padding = padding }, PaddingCounts.AsZeros, dy);

    /// <summary>As <see cref="Pullback(Shape, Pair, Pair, Pair, Tensor{float})"/>, of any options.</summary>
    public static Tensor<float> Pullback(Shape x, Pair kernel, PoolOptions options, PaddingCounts padding, Tensor<float> dy)
    {
        var window = Window(x, kernel, options);
        window.CheckOutput("AvgPool2d", dy.Shape);
        using var scope = dy.Device.BeginScope();
        if (PoolCounts.Corrections(Count(padding), window, dy.Device) is { } corrections)
            dy = Broadcast.Forward<Times>(dy, corrections);
        var geometry = window.IsPlain ? window.G : window.OfPadded;
        var dx = Tensor<float>.Rent(dy.Device, geometry.Input);
        if (dy.Device is HostDevice host)
            PullbackHost(host, geometry, dy, dx);
        else
            PullbackGpu((GpuDevice)dy.Device, geometry, dy, dx);
        return scope.Keep(PaddedPool.Crop(dx, window));
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
        OutputShape(x, kernel, new PoolOptions { Stride = stride, Padding = padding });

    /// <summary>The result's shape.</summary>
    /// <exception cref="ShapeException">The window does not fit.</exception>
    public static Shape OutputShape(Shape x, Pair kernel, PoolOptions options) => Window(x, kernel, options).Output;

    /// <summary>The pooling as a tape records it; input x.</summary>
    /// <param name="Kernel">Window.</param>
    /// <param name="Options">Stride, padding, ceil mode.</param>
    /// <param name="Padding">Whether padding counts as zeros.</param>
    public sealed record Function(Pair Kernel, PoolOptions Options, PaddingCounts Padding) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "AvgPool2d";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => AvgPool2d.Forward(context[0], Kernel, Options, Padding);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [AvgPool2d.Pullback(context.ShapeOf(0), Kernel, Options, Padding, dy)];
    }

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
