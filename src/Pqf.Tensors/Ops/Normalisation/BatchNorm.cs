using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Normalisation;

/// <summary>Batch normalisation with given statistics: running ones, as in evaluation, or the batch's own
/// (<see cref="Reduce.MeanAndVariance"/>), as in training.</summary>
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
    public static Tensor<float> Forward(
        Tensor<float> x,
        Tensor<float> weight,
        Tensor<float> bias,
        Tensor<float> mean,
        Tensor<float> variance,
        float eps
    ) => Forward(x, weight, bias, mean, variance, eps, null, Tail.None);

    /// <summary>As above, with what follows a norm in a residual block: y = tail(norm(x) + residual).</summary>
    /// <param name="x">[…, C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="mean">[C].</param>
    /// <param name="variance">[C], 0 or more.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="residual">[…, C], or none.</param>
    /// <param name="tail">Applied last.</param>
    /// <returns>[…, C].</returns>
    public static Tensor<float> Forward(
        Tensor<float> x,
        Tensor<float> weight,
        Tensor<float> bias,
        Tensor<float> mean,
        Tensor<float> variance,
        float eps,
        Tensor<float>? residual,
        Tail tail
    )
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        ForwardInto(x, weight, bias, mean, variance, eps, residual, tail, y);
        return y;
    }

    /// <summary>As above, into a given tensor, which may be x or the residual itself.</summary>
    internal static void ForwardInto(
        Tensor<float> x,
        Tensor<float> weight,
        Tensor<float> bias,
        Tensor<float> mean,
        Tensor<float> variance,
        float eps,
        Tensor<float>? residual,
        Tail tail,
        Tensor<float> y
    )
    {
        Shapes.Same("BatchNorm", x.Shape, y.Shape);
        Shapes.Same("BatchNorm", x.Shape, (residual ?? x).Shape);
        Shapes.Vector("BatchNorm", "weight", weight.Shape, x.Shape.Last);
        Shapes.Vector("BatchNorm", "bias", bias.Shape, x.Shape.Last);
        Shapes.Vector("BatchNorm", "mean", mean.Shape, x.Shape.Last);
        Shapes.Vector("BatchNorm", "variance", variance.Shape, x.Shape.Last);
        Shapes.SameDevice("BatchNorm", x.Device, weight, bias, mean, variance, residual, y);
        if (x.Shape.Count == 0)
            return;
        if (x.Device is HostDevice host)
            Host(host, x, weight, bias, mean, variance, eps, residual, tail, y);
        else
            Gpu((GpuDevice)x.Device, x, weight, bias, mean, variance, eps, residual, tail, y);
    }
}
