using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution.Transposed;

/// <summary>A transposed convolution whose weights are packed once and used many times, with what follows it fused: y = tail(convᵀ(x)
/// + bias).</summary>
/// <remarks>Its packed weights belong to the scope in which it was made.</remarks>
public sealed partial class ConvTranspose2dPlan
{
    readonly Device device;
    readonly Shape weightShape;
    readonly ConvTranspose2dOptions options;

    ConvTranspose2dPlan(Tensor<float> weight, Tensor<float>? bias, ConvTranspose2dOptions options)
    {
        Shapes.Rank("ConvTranspose2d", "weight [I, O, kH, kW]", weight.Shape, 4);
        Shapes.Vector("ConvTranspose2d", "bias", bias?.Shape, weight.Shape[1]);
        Shapes.SameDevice("ConvTranspose2d", weight.Device, bias);
        (device, weightShape, this.options) = (weight.Device, weight.Shape, options);
        if (device is HostDevice host)
            PackHost(host, weight, bias);
        else
            PackGpu((GpuDevice)device, weight, bias);
    }

    /// <summary>Packs the weights for the device that they are on.</summary>
    /// <param name="weight">[I, O, kH, kW].</param>
    /// <param name="bias">[O], or none.</param>
    /// <param name="options">Stride, padding, output padding.</param>
    /// <exception cref="ShapeException">The bias does not fit.</exception>
    public static ConvTranspose2dPlan Create(Tensor<float> weight, Tensor<float>? bias, ConvTranspose2dOptions options) =>
        new(weight, bias, options);

    /// <summary>The result's shape for an input of the given shape.</summary>
    /// <exception cref="ShapeException">The input does not fit the weights.</exception>
    public Shape OutputShape(Shape x) => ConvTranspose2d.OutputShape(x, weightShape, options);

    /// <summary>y = tail(convᵀ(x) + bias).</summary>
    /// <param name="x">[N, H, W, I].</param>
    /// <param name="tail">Applied last.</param>
    /// <returns>[N, H', W', O].</returns>
    public Tensor<float> Forward(Tensor<float> x, Tail tail)
    {
        var y = Tensor<float>.Rent(device, OutputShape(x.Shape));
        ForwardInto(x, tail, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor other than the input.</summary>
    internal void ForwardInto(Tensor<float> x, Tail tail, Tensor<float> y)
    {
        var geometry = ConvTranspose2d.Geometry(x.Shape, weightShape, options);
        geometry.CheckInput("ConvTranspose2d", y.Shape);
        Shapes.SameDevice("ConvTranspose2d", device, x, y);
        if (y.Shape.Count == 0)
            return;
        if (device is HostDevice host)
            RunHost(host, geometry, x, tail, y);
        else
            RunGpu((GpuDevice)device, geometry, x, tail, y);
    }
}
