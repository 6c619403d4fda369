namespace Pqf.Tensors;

/// <summary>Fully connected layer.</summary>
public static class Linear
{
    /// <summary>y = x · weightᵀ + bias.</summary>
    /// <param name="x">[N, in].</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out], or none.</param>
    /// <returns>[N, out].</returns>
    /// <exception cref="ShapeException">Shapes do not fit one another.</exception>
    /// <remarks>A 1×1 convolution over one pixel: the same packed product on both kinds of device.</remarks>
    public static Tensor<float> Forward(Tensor<float> x, Tensor<float> weight, Tensor<float>? bias)
    {
        var shape = Shapes.Linear(x.Shape, weight.Shape, bias?.Shape);
        return Conv2d.Forward(
            x.Reshape([x.Shape[0], 1, 1, x.Shape[1]]),
            weight.Reshape([weight.Shape[0], weight.Shape[1], 1, 1]),
            bias,
            new Conv2dOptions()).Reshape(shape);
    }
}
