using System.Collections.Immutable;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Transposed;

/// <summary>Two-dimensional transposed convolution, as in PyTorch: the gradient of a convolution's input, taken for a function of the
/// output's gradient.</summary>
public static class ConvTranspose2d
{
    /// <summary>y = convᵀ(x, weight) + bias: each input value adds its weights to a window of the output.</summary>
    /// <param name="x">[N, H, W, I].</param>
    /// <param name="weight">[I, O, kH, kW].</param>
    /// <param name="bias">[O], or none.</param>
    /// <param name="options">Stride, padding, output padding.</param>
    /// <returns>[N, H', W', O], H' = (H − 1) · stride − 2 · padding + kH + output padding.</returns>
    /// <exception cref="ShapeException">Shapes do not fit one another.</exception>
    public static Tensor<float> Forward(Tensor<float> x, Tensor<float> weight, Tensor<float>? bias, ConvTranspose2dOptions options)
    {
        using var scope = x.Device.BeginScope();
        return scope.Keep(ConvTranspose2dPlan.Create(weight, bias, options).Forward(x, Tail.None));
    }

    /// <summary>Gradient of the input: the convolution of dy.</summary>
    /// <param name="x">Shape of the input, [N, H, W, I].</param>
    /// <param name="weight">[I, O, kH, kW].</param>
    /// <param name="options">As given to <see cref="Forward"/>.</param>
    /// <param name="dy">[N, H', W', O].</param>
    /// <returns>[N, H, W, I].</returns>
    public static Tensor<float> InputPullback(Shape x, Tensor<float> weight, ConvTranspose2dOptions options, Tensor<float> dy)
    {
        Check(x, weight.Shape, options, dy.Shape);
        return Conv2d.Forward(dy, weight, null, options.Convolution);
    }

    /// <summary>Gradient of the weight: that of the convolution's, input and output changing places.</summary>
    /// <param name="x">[N, H, W, I].</param>
    /// <param name="weight">Shape of the weight, [I, O, kH, kW].</param>
    /// <param name="options">As given to <see cref="Forward"/>.</param>
    /// <param name="dy">[N, H', W', O].</param>
    /// <returns>[I, O, kH, kW].</returns>
    public static Tensor<float> WeightPullback(Tensor<float> x, Shape weight, ConvTranspose2dOptions options, Tensor<float> dy)
    {
        Check(x.Shape, weight, options, dy.Shape);
        return Conv2d.WeightPullback(dy, weight, options.Convolution, x);
    }

    static void Check(Shape x, Shape weight, ConvTranspose2dOptions options, Shape dy) =>
        Geometry(x, weight, options).CheckInput("ConvTranspose2d", dy);

    /// <summary>The result's shape.</summary>
    /// <param name="x">[N, H, W, I].</param>
    /// <param name="weight">[I, O, kH, kW].</param>
    /// <param name="options">Stride, padding, output padding.</param>
    /// <returns>[N, H', W', O].</returns>
    /// <exception cref="ShapeException">Shapes do not fit one another.</exception>
    public static Shape OutputShape(Shape x, Shape weight, ConvTranspose2dOptions options) => Geometry(x, weight, options).Input;

    /// <summary>The shape rule: the convolution whose input's gradient a transposed one is: its input is the result.</summary>
    internal static ConvGeometry Geometry(Shape x, Shape weight, ConvTranspose2dOptions options)
    {
        const string Op = "ConvTranspose2d";
        var (stride, padding, extra) = (options.Stride, options.Padding, options.OutputPadding);
        Shapes.Rank(Op, "x [N, H, W, I]", x, 4);
        Shapes.Rank(Op, "weight [I, O, kH, kW]", weight, 4);
        if (
            stride.H < 1
            || stride.W < 1
            || padding.H < 0
            || padding.W < 0
            || extra.H < 0
            || extra.W < 0
            || extra.H >= stride.H
            || extra.W >= stride.W
        )
            throw new ShapeException(
                Op,
                $"expected stride ≥ 1, padding ≥ 0 and output padding from 0 to stride − 1, got {stride}, {padding} and {extra}"
            );
        if (weight[0] != x[3] || weight[2] < 1 || weight[3] < 1)
            throw new ShapeException(Op, $"expected weight [I, O, kH, kW] over {x[3]} channels, got {weight}");
        int h = ((x[1] - 1) * stride.H) - (2 * padding.H) + weight[2] + extra.H,
            w = ((x[2] - 1) * stride.W) - (2 * padding.W) + weight[3] + extra.W;
        if (x[1] < 1 || x[2] < 1 || h < 1 || w < 1)
            throw new ShapeException(
                Op,
                $"expected pixels in and out, got {x} with weight {weight}, stride {stride} and padding {padding}"
            );
        return new ConvGeometry(x[0], h, w, weight[1], x[3], new Pair(weight[2], weight[3]), stride, padding, 1, 1);
    }

    /// <summary>The transposed convolution as a tape records it; inputs x, weight and, optionally, bias.</summary>
    /// <param name="Options">Stride, padding, output padding.</param>
    public sealed record Function(ConvTranspose2dOptions Options) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "ConvTranspose2d";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var (x, weight) = (context[0], context[1]);
            context.Save(context.NeedsGradient(1) ? x : null, context.NeedsGradient(0) ? weight : null);
            return ConvTranspose2d.Forward(x, weight, context.Optional(2), Options);
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [
                context.NeedsGradient(0) ? InputPullback(context.ShapeOf(0), context.Saved(1), Options, dy) : null,
                context.NeedsGradient(1) ? WeightPullback(context.Saved(0), context.ShapeOf(1), Options, dy) : null,
                context.NeedsGradient(2) ? Linear.BiasPullback(dy) : null,
            ];
    }
}
