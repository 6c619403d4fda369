using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Tensors.Ops.Convolution;

public static partial class Conv2d
{
    /// <summary>Gradient of a convolution's input.</summary>
    /// <param name="x">Shape of the input, [N, H, W, C].</param>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    /// <param name="dy">[N, H', W', O].</param>
    /// <param name="algorithm">How the convolution at stride 1 that carries gradients back is computed.</param>
    /// <returns>[N, H, W, C].</returns>
    /// <exception cref="ShapeException">Shapes do not fit one another.</exception>
    /// <remarks>
    /// At stride 1 the convolution of dy with the weights flipped and transposed. At larger strides one such convolution for each phase of
    /// the input's pixels, with the
    /// taps that reach them: no zeros are multiplied, nothing is unfolded.
    /// </remarks>
    public static Tensor<float> InputPullback(
        Shape x,
        Tensor<float> weight,
        Conv2dOptions options,
        Tensor<float> dy,
        ConvAlgorithm algorithm = ConvAlgorithm.Gathered
    )
    {
        if (options.IsUneven)
            return UnevenInputPullback(x, weight, options, dy, algorithm);
        var geometry = Geometry(x, weight.Shape, options);
        geometry.CheckOutput("Conv2d", dy.Shape);
        Shapes.SameDevice("Conv2d", weight.Device, dy);
        using var scope = dy.Device.BeginScope();
        var dx = scope.Keep(Tensor<float>.Rent(dy.Device, x));
        if (x.Count == 0)
            return dx;
        if (algorithm != ConvAlgorithm.Gathered)
            FlippedPlan(geometry, weight, options, algorithm).ForwardInto(dy, null, Tail.None, dx);
        else if (dy.Device is HostDevice host)
            InputGradientHost(host, geometry, weight, dy, dx);
        else
            TransposedGpu((GpuDevice)dy.Device, geometry, weight, dy, null, Tail.None, dx);
        return dx;
    }

    static Conv2dPlan FlippedPlan(ConvGeometry g, Tensor<float> weight, Conv2dOptions options, ConvAlgorithm algorithm)
    {
        var padding = GradientPadding(g.Kernel, g.Padding, g.Dilation);
        if (padding.H < 0 || padding.W < 0)
            throw new ShapeException("Conv2d", $"expected padding of 2 at most for the input's gradient by {algorithm}, got {g.Padding}");
        return Conv2dPlan.Flipped(weight, options with { Padding = padding }, algorithm);
    }

    /// <summary>Of the convolution that carries gradients back at stride 1; negative where the forward's own was larger than its
    /// kernel.</summary>
    static Pair GradientPadding(Pair kernel, Pair padding, Pair dilation) =>
        new((dilation.H * (kernel.H - 1)) - padding.H, (dilation.W * (kernel.W - 1)) - padding.W);

    /// <summary>Of an input with zeros around it, which are then left out.</summary>
    static Tensor<float> UnevenInputPullback(
        Shape x,
        Tensor<float> weight,
        Conv2dOptions options,
        Tensor<float> dy,
        ConvAlgorithm algorithm
    )
    {
        using var scope = dy.Device.BeginScope();
        var padded = Pad.OutputShape(x, new PadOptions(options.Padding, options.End));
        var dx = InputPullback(padded, weight, options with { Padding = 0, EndPadding = null }, dy, algorithm);
        return scope.Keep(Slice.Forward(Slice.Forward(dx, 1, options.Padding.H, x[1]), 2, options.Padding.W, x[2]));
    }
}
