using System.Collections.Immutable;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution;

public static partial class Conv2d
{
    /// <summary>The convolution as a tape records it; inputs x, weight and, optionally, bias.</summary>
    /// <param name="Options">Stride, padding, dilation, groups.</param>
    public sealed record Function(Conv2dOptions Options) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Conv2d";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var (x, weight) = (context[0], context[1]);
            context.Save(context.NeedsGradient(1) ? x : null, context.NeedsGradient(0) ? weight : null);
            return Conv2d.Forward(x, weight, context.Optional(2), Options, ConvChoice.InTraining(x, weight.Shape, Options));
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [
                context.NeedsGradient(0) ? InputGradient(context.ShapeOf(0), context.Saved(1), dy) : null,
                context.NeedsGradient(1) ? WeightGradient(context.Saved(0), context.ShapeOf(1), dy) : null,
                context.NeedsGradient(2) ? Linear.BiasPullback(dy) : null,
            ];

        Tensor<float> InputGradient(Shape x, Tensor<float> weight, Tensor<float> dy) =>
            InputPullback(x, weight, Options, dy, ConvChoice.OfInputGradient(dy, weight.Shape, Options));

        Tensor<float> WeightGradient(Tensor<float> x, Shape weight, Tensor<float> dy) =>
            WeightPullback(x, weight, Options, dy, ConvChoice.InTraining(x, weight, Options));
    }
}
