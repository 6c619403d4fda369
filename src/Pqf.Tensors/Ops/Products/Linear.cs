using System.Collections.Immutable;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Arithmetic;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Tensors.Ops.Products;

/// <summary>Fully connected layer.</summary>
public static class Linear
{
    const int LargeCount = 16 << 20;

    /// <summary>y = x · weightᵀ + bias.</summary>
    /// <param name="x">[N, in].</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out], or none.</param>
    /// <returns>[N, out].</returns>
    /// <exception cref="ShapeException">Shapes do not fit one another.</exception>
    /// <remarks>A 1×1 convolution over one pixel: the same packed product on both kinds of device. On the host a large weight, of 64 MiB
    /// and more, is packed by parts of its columns, without a second copy of it.</remarks>
    public static Tensor<float> Forward(Tensor<float> x, Tensor<float> weight, Tensor<float>? bias)
    {
        var shape = OutputShape(x.Shape, weight.Shape, bias?.Shape);
        if (x.Device is HostDevice && weight.Shape.Count >= LargeCount)
        {
            using var scope = x.Device.BeginScope();
            var products = MatMul.Forward(x, weight, Transpose.B);
            return scope.Keep(bias is null ? products : Broadcast.Forward<Plus>(products, bias.Reshape([1, shape[1]])));
        }

        return Conv2d
            .Forward(
                x.Reshape([x.Shape[0], 1, 1, x.Shape[1]]),
                weight.Reshape([weight.Shape[0], weight.Shape[1], 1, 1]),
                bias,
                new Conv2dOptions()
            )
            .Reshape(shape);
    }

    /// <summary>Gradient of the input: dx = dy · weight.</summary>
    /// <param name="weight">[out, in].</param>
    /// <param name="dy">[N, out].</param>
    /// <returns>[N, in].</returns>
    public static Tensor<float> InputPullback(Tensor<float> weight, Tensor<float> dy) => MatMul.LeftPullback(weight, dy, Transpose.B);

    /// <summary>Gradient of the weight: dweight = dyᵀ · x.</summary>
    /// <param name="x">[N, in].</param>
    /// <param name="dy">[N, out].</param>
    /// <returns>[out, in].</returns>
    public static Tensor<float> WeightPullback(Tensor<float> x, Tensor<float> dy) => MatMul.RightPullback(x, dy, Transpose.B);

    /// <summary>Gradient of the bias: the sum of dy over all axes but the last; also a convolution's.</summary>
    /// <param name="dy">[…, out].</param>
    /// <returns>[out].</returns>
    public static Tensor<float> BiasPullback(Tensor<float> dy) => Reduce.SumRows(dy);

    /// <summary>The result's shape.</summary>
    /// <param name="x">[N, in].</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out], or none.</param>
    /// <returns>[N, out].</returns>
    /// <exception cref="ShapeException">Shapes do not fit one another.</exception>
    public static Shape OutputShape(Shape x, Shape weight, Shape? bias)
    {
        if (x.Rank != 2 || weight.Rank != 2 || x[1] != weight[1])
            throw new ShapeException("Linear", $"expected x [N, in] and weight [out, in], got {x} and {weight}");
        Shapes.Vector("Linear", "bias", bias, weight[0]);
        return [x[0], weight[0]];
    }

    /// <summary>The layer as a tape records it; inputs x, weight and, optionally, bias.</summary>
    public sealed record Function : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Linear";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var (x, weight) = (context[0], context[1]);
            context.Save(context.NeedsGradient(1) ? x : null, context.NeedsGradient(0) ? weight : null);
            return Linear.Forward(x, weight, context.Optional(2));
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [
                context.NeedsGradient(0) ? InputPullback(context.Saved(1), dy) : null,
                context.NeedsGradient(1) ? WeightPullback(context.Saved(0), dy) : null,
                context.NeedsGradient(2) ? BiasPullback(dy) : null,
            ];
    }
}
