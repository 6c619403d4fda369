using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Conv2d
{
    /// <summary>Gradient of a convolution's weight.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">Shape of the weight, [O, C / groups, kH, kW].</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    /// <param name="dy">[N, H', W', O].</param>
    /// <returns>[O, C / groups, kH, kW].</returns>
    /// <exception cref="ShapeException">Shapes do not fit one another.</exception>
    /// <remarks>A product over output pixels of dy with the input under each tap, which is never unfolded. Pixels are cut into parts of fixed size, whose sums are added in order.</remarks>
    public static Tensor<float> WeightPullback(Tensor<float> x, Shape weight, Conv2dOptions options, Tensor<float> dy)
    {
        var geometry = Shapes.Conv2d(x.Shape, weight, options);
        Shapes.Output("Conv2d", geometry, dy.Shape);
        Shapes.SameDevice("Conv2d", x.Device, dy);
        using var scope = x.Device.BeginScope();
        var dWeight = scope.Keep(Tensor<float>.Rent(x.Device, weight));
        if (dy.Shape.Count == 0 || weight.Count == 0)
            dWeight.Storage.Clear();
        else if (x.Device is HostDevice host)
            WeightGradientHost(host, geometry, x, dy, dWeight);
        else
            WeightGradientGpu((GpuDevice)x.Device, geometry, x, dy, dWeight);
        return dWeight;
    }
}
