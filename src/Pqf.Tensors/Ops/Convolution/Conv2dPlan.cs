using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution.Depthwise;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution;

/// <summary>A convolution whose weights are packed once and used many times, with what follows it fused: y = tail(conv(x) + bias +
/// residual).</summary>
/// <remarks>Its packed weights belong to the scope in which it was made.</remarks>
public sealed partial class Conv2dPlan
{
    readonly Device device;
    readonly Shape weightShape;
    readonly Conv2dOptions options;
    readonly ConvAlgorithm algorithm;
    readonly int pixels;

    Conv2dPlan(Tensor<float> weight, Tensor<float>? bias, Conv2dOptions options, ConvAlgorithm algorithm, int pixels)
    {
        Shapes.Rank("Conv2d", "weight [O, I, kH, kW]", weight.Shape, 4);
        Shapes.Vector("Conv2d", "bias", bias?.Shape, weight.Shape[0]);
        Shapes.SameDevice("Conv2d", weight.Device, bias);
        device = weight.Device;
        weightShape = weight.Shape;
        (this.options, this.algorithm, this.pixels) = (options, algorithm, pixels);
        CheckPixels(weightShape, options, pixels);
        CheckFit(device, algorithm, weightShape, options);
        if (device is HostDevice)
            PackHost(weight, bias);
        else
            PackGpu((GpuDevice)device, weight, bias);
    }

    static void CheckFit(Device device, ConvAlgorithm algorithm, Shape weight, Conv2dOptions options)
    {
        if (!ConvChoice.Fits(device, algorithm, weight, options))
            throw new ShapeException(
                "Conv2d",
                (
                    algorithm == ConvAlgorithm.WinogradStem
                        ? "expected 7×7 weights from three channels to sixteens of channels, stride 2, dilation 1 and one group"
                        : "expected 3×3 weights in sixteens of channels, stride 1, dilation 1 and one group"
                ) + $"{(algorithm == ConvAlgorithm.Winograd4 ? "" : " on the host")} for {algorithm}, got {weight} on {device.Name}"
            );
    }

    static void CheckPixels(Shape weight, Conv2dOptions options, int pixels)
    {
        if (pixels != 1 && (weight[2] * weight[3] != 1 || options.Groups != 1 || weight[1] % pixels != 0))
            throw new ShapeException("Conv2d", $"expected 1×1 weights of one group and whole channels of {pixels} pixels, got {weight}");
    }

    /// <summary>Where it runs.</summary>
    internal Device Device => device;

    /// <summary>Packs the weights for the device that they are on.</summary>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="bias">[O], or none.</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    /// <param name="algorithm">How it is computed.</param>
    /// <param name="pixels">For 1×1 weights over values that were flattened: columns of a row stand channel by channel, as in PyTorch, with
    /// so many neighbours to a channel, and meet values that stand pixel by pixel.</param>
    /// <exception cref="ShapeException">The algorithm, the bias or the pixels do not fit.</exception>
    public static Conv2dPlan Create(
        Tensor<float> weight,
        Tensor<float>? bias,
        Conv2dOptions options,
        ConvAlgorithm algorithm = ConvAlgorithm.Gathered,
        int pixels = 1
    ) => new(weight, bias, options, algorithm, pixels);

    /// <summary>The result's shape for an input of the given shape.</summary>
    /// <exception cref="ShapeException">The input does not fit the weights.</exception>
    public Shape OutputShape(Shape x) => Conv2d.OutputShape(x, weightShape, options);

    /// <summary>y = tail(conv(x) + bias + residual).</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="residual">[N, H', W', O], or none.</param>
    /// <param name="tail">Applied last.</param>
    /// <returns>[N, H', W', O].</returns>
    public Tensor<float> Forward(Tensor<float> x, Tensor<float>? residual, Tail tail)
    {
        var y = Tensor<float>.Rent(device, OutputShape(x.Shape));
        ForwardInto(x, residual, tail, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor, which may be the residual itself but not the input.</summary>
    internal void ForwardInto(Tensor<float> x, Tensor<float>? residual, Tail tail, Tensor<float> y) =>
        ForwardInto(x, null, residual, tail, y);

    /// <summary>y = tail(conv(x · scale) + bias + residual), to the bit what a product before the convolution gives.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="scale">[N or 1, 1, 1, C], or none; only where the convolution <see cref="TakesScale"/>.</param>
    /// <param name="residual">As y, or none.</param>
    /// <param name="tail">Applied last.</param>
    /// <param name="y">[N, H', W', O]; may be the residual itself but not the input.</param>
    internal void ForwardInto(Tensor<float> x, Tensor<float>? scale, Tensor<float>? residual, Tail tail, Tensor<float> y)
    {
        var geometry = Conv2d.Geometry(x.Shape, weightShape, options);
        geometry.CheckOutput("Conv2d", y.Shape);
        if (residual is not null)
            Shapes.Same("Conv2d", y.Shape, residual.Shape);
        CheckScale(x.Shape, scale);
        Shapes.SameDevice("Conv2d", device, x, residual, y);
        if (y.Shape.Count == 0)
            return;
        if (device is HostDevice each && IsDepthwise)
        {
            RunDepthwise(each, DepthwiseGeometry.Of(x.Shape, geometry, options), x, residual, tail, y);
            return;
        }

        if (!options.IsUneven)
        {
            Run(geometry, x, scale, residual, tail, y);
            return;
        }

        using var scope = device.BeginScope();
        Run(geometry, Conv2d.Padded(x, options), null, residual, tail, y);
    }

    /// <summary>Whether a convolution can multiply its input with a scale of its channels while it reads it.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    internal static bool TakesScale(Device device, Shape weight, Conv2dOptions options) =>
        device is HostDevice && options == new Conv2dOptions() && weight[2] * weight[3] == 1;

    void CheckScale(Shape x, Tensor<float>? scale)
    {
        if (scale?.Shape is not { } s)
            return;
        if (!TakesScale(device, weightShape, options) || s.Rank != 4 || (s[0] != x[0] && s[0] != 1) || s[1] * s[2] != 1 || s[3] != x[3])
            throw new ShapeException("Conv2d", $"expected a pointwise convolution on the host and a scale [{x[0]}, 1, 1, {x[3]}], got {s}");
        Shapes.SameDevice("Conv2d", device, scale);
    }

    void Run(ConvGeometry geometry, Tensor<float> x, Tensor<float>? scale, Tensor<float>? residual, Tail tail, Tensor<float> y)
    {
        if (device is HostDevice host)
            RunHost(host, geometry, x, scale, residual, tail, y);
        else
            RunGpu((GpuDevice)device, geometry, x, residual, tail, y);
    }
}
