using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

/// <summary>Batch normalisation in evaluation mode: with statistics given, not taken from the batch.</summary>
public static partial class BatchNorm
{
    /// <summary>y = (x − mean) / √(variance + eps) · weight + bias, per channel.</summary>
    /// <param name="x">[…, C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="mean">[C].</param>
    /// <param name="variance">[C], 0 or more.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <returns>[…, C].</returns>
    /// <exception cref="ShapeException">A vector is not as long as there are channels.</exception>
    public static Tensor<float> Forward(Tensor<float> x, Tensor<float> weight, Tensor<float> bias, Tensor<float> mean, Tensor<float> variance, float eps)
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        ForwardInto(x, weight, bias, mean, variance, eps, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor, which may be x itself.</summary>
    internal static void ForwardInto(Tensor<float> x, Tensor<float> weight, Tensor<float> bias, Tensor<float> mean, Tensor<float> variance, float eps, Tensor<float> y)
    {
        Shapes.Same("BatchNorm", x.Shape, y.Shape);
        Shapes.Vector("BatchNorm", "weight", weight.Shape, x.Shape.Last);
        Shapes.Vector("BatchNorm", "bias", bias.Shape, x.Shape.Last);
        Shapes.Vector("BatchNorm", "mean", mean.Shape, x.Shape.Last);
        Shapes.Vector("BatchNorm", "variance", variance.Shape, x.Shape.Last);
        Shapes.SameDevice("BatchNorm", x.Device, weight, bias, mean, variance, y);
        if (x.Device is HostDevice host)
            Host(host, x, weight, bias, mean, variance, eps, y);
        else
            Gpu((GpuDevice)x.Device, x, weight, bias, mean, variance, eps, y);
    }
}
