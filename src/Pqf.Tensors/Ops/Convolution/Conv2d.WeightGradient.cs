using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Convolution;

public static partial class Conv2d
{
    /// <summary>Gradient of a convolution's weight.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">Shape of the weight, [O, C / groups, kH, kW].</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    /// <param name="dy">[N, H', W', O].</param>
    /// <param name="algorithm">How it is computed: <see cref="ConvAlgorithm.Gathered"/>, or <see cref="ConvAlgorithm.Winograd4"/>
    /// where it fits the convolution.</param>
    /// <returns>[O, C / groups, kH, kW].</returns>
    /// <exception cref="ShapeException">Shapes do not fit one another.</exception>
    /// <remarks>A product over output pixels of dy with the input under each tap, which is never unfolded. Pixels are cut into parts of
    /// fixed size, whose sums are added in order.</remarks>
    public static Tensor<float> WeightPullback(
        Tensor<float> x,
        Shape weight,
        Conv2dOptions options,
        Tensor<float> dy,
        ConvAlgorithm algorithm = ConvAlgorithm.Gathered
    )
    {
        var geometry = Geometry(x.Shape, weight, options);
        geometry.CheckOutput("Conv2d", dy.Shape);
        Shapes.SameDevice("Conv2d", x.Device, dy);
        if (algorithm is ConvAlgorithm.Winograd2 or ConvAlgorithm.WinogradStem || !ConvChoice.Fits(x.Device, algorithm, weight, options))
            throw new ShapeException(
                "Conv2d",
                $"expected {nameof(ConvAlgorithm.Gathered)}, or {nameof(ConvAlgorithm.Winograd4)} for 3×3 weights in "
                    + $"sixteens of channels and stride 1, for the weight's gradient; got {algorithm} for {weight} on {x.Device.Name}"
            );
        using var scope = x.Device.BeginScope();
        x = Padded(x, options);
        var dWeight = scope.Keep(Tensor<float>.Rent(x.Device, weight));
        if (dy.Shape.Count == 0 || weight.Count == 0)
            dWeight.Storage.Clear();
        else if (x.Device is HostDevice host)
            WeightGradientHost(host, geometry, x, dy, algorithm, dWeight);
        else
            WeightGradientGpu((GpuDevice)x.Device, geometry, x, dy, algorithm, dWeight);
        return dWeight;
    }
}
