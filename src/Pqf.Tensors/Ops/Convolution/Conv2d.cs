using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution;

/// <summary>Two-dimensional convolution (cross-correlation, as in PyTorch).</summary>
public static partial class Conv2d
{
    /// <summary>y = conv(x, weight) + bias.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="bias">[O], or none.</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    /// <param name="algorithm">How the host computes it.</param>
    /// <returns>[N, H', W', O].</returns>
    /// <exception cref="ShapeException">Shapes do not fit one another.</exception>
    public static Tensor<float> Forward(
        Tensor<float> x,
        Tensor<float> weight,
        Tensor<float>? bias,
        Conv2dOptions options,
        ConvAlgorithm algorithm = ConvAlgorithm.Gathered
    )
    {
        using var scope = x.Device.BeginScope();
        return scope.Keep(Conv2dPlan.Create(weight, bias, options, algorithm).Forward(x, null, Activation.None));
    }
}
