using System.Collections.Immutable;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class BatchNorm
{
    const int Residual = 5;

    /// <summary>Statistics of a batch, to train on: the norm divides by them, and a running average takes them.</summary>
    /// <param name="x">[…, C], more than one row.</param>
    /// <returns>Mean and biased variance of each channel, [C].</returns>
    /// <exception cref="ShapeException">There is but one row: it has no variance.</exception>
    public static (Tensor<float> Mean, Tensor<float> Variance) BatchStatistics(Tensor<float> x) =>
        x.Shape.Count > x.Shape.Last
            ? Reduce.MeanAndVariance(x)
            : throw new ShapeException("BatchNorm", $"expected more than one value of each channel to train on, got {x.Shape}");

    /// <summary>tail(norm(x) + residual) as a tape records it; inputs x, weight, bias, mean and variance, which are constants, and,
    /// optionally, residual.</summary>
    /// <param name="Eps">Added to the variance.</param>
    /// <param name="Source">Whose statistics they are. Those of the batch (<see cref="BatchStatistics"/>) carry gradients to x.</param>
    /// <param name="Tail">Applied last: a clamp, or nothing if omitted.</param>
    public sealed record Function(float Eps, StatisticsOf Source, Tail? Tail = null) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "BatchNorm";

        Tail Last => Tail ?? Elementwise.Tail.None;

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            Last.CheckGradient("BatchNorm");
            var (x, weight, bias) = (context[0], context[1], context[2]);
            var (mean, variance) = (context.Constant(3), context.Constant(4));
            var y = BatchNorm.Forward(x, weight, bias, mean, variance, Eps, context.Optional(Residual), Last);
            bool isAffine = IsAffine(context.NeedsGradient(1) || context.NeedsGradient(2));
            context.Save(isAffine ? null : x, weight, isAffine ? null : mean, variance, Last.HasClamp ? y : null);
            return y;
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            IsAffine(context.NeedsGradient(1) || context.NeedsGradient(2)) ? AffinePullback(context, dy) : NormPullback(context, dy);

        /// <summary>Whether the norm is a function of constants alone: its input's gradient is a product with them, and the input is not
        /// kept.</summary>
        bool IsAffine(bool isTrained) => Source == StatisticsOf.Elsewhere && !isTrained;

        ImmutableArray<Tensor<float>?> AffinePullback(PullbackContext context, Tensor<float> dy)
        {
            var (weight, variance) = (context.Saved(1), context.Saved(3));
            bool hasResidual = context.Has(Residual);
            var dSum = dy;
            if (context.SavedOrNull(4) is { } y)
            {
                dSum = context.MayOverwrite(dy) ? dy : Tensor<float>.Rent(dy.Device, dy.Shape);
                Last.PullbackInto(y, dy, dSum);
            }

            var zeros = Tensor<float>.Zeros(dy.Device, variance.Shape);
            var dx = !hasResidual && (dSum != dy || context.MayOverwrite(dy)) ? dSum : Tensor<float>.Rent(dy.Device, dy.Shape);
            ForwardInto(dSum, weight, zeros, zeros, variance, Eps, null, Elementwise.Tail.None, dx);
            return [dx, null, null, null, null, hasResidual ? dSum : null];
        }

        ImmutableArray<Tensor<float>?> NormPullback(PullbackContext context, Tensor<float> dy)
        {
            var (x, y) = (context.Saved(0), context.SavedOrNull(4));
            bool hasResidual = context.Has(Residual);
            // Over what nobody needs after this: the incoming gradient and the input have the size of the results.
            var dSum = y is null || context.MayOverwrite(dy) ? dy : Tensor<float>.Rent(dy.Device, dy.Shape);
            var dx =
                context.MayOverwrite(x) ? x
                : !hasResidual && (dSum != dy || context.MayOverwrite(dy)) ? dSum
                : Tensor<float>.Rent(dy.Device, dy.Shape);
            var (mean, variance) = (context.Saved(2), context.Saved(3));
            var gradients = PullbackInto(x, context.Saved(1), mean, variance, Eps, Source, Last, y, dy, dSum, dx);
            return [dx, gradients.DWeight, gradients.DBias, null, null, hasResidual ? dSum : null];
        }
    }
}
