using System.Collections.Immutable;
using System.Numerics;

namespace Pqf.Tensors.Ops.Losses;

/// <summary>Absolute difference, but a parabola near 0: PyTorch's <c>smooth_l1_loss</c> with <c>reduction="sum"</c>.</summary>
public static class SmoothL1
{
    const string Op = "SmoothL1";

    /// <summary>Σ ½ · d² / beta where d = |x − target| is below beta, Σ d − ½ · beta elsewhere.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="target">The same shape.</param>
    /// <param name="beta">0 or more; 0 gives the sum of absolute differences.</param>
    /// <returns>A scalar, of no axes; 0 of no elements.</returns>
    /// <exception cref="ShapeException">Shapes differ.</exception>
    public static Tensor<float> Forward(Tensor<float> x, Tensor<float> target, float beta) =>
        ElementLoss.Forward(Op, Checked(beta), x, target, 1);

    /// <summary>dx = dloss · (x − target) / beta near 0, ± dloss elsewhere.</summary>
    /// <param name="x">As given to <see cref="Forward"/>.</param>
    /// <param name="target">As given there.</param>
    /// <param name="beta">As given there.</param>
    /// <param name="dLoss">Of no axes.</param>
    /// <returns>As x.</returns>
    public static Tensor<float> Pullback(Tensor<float> x, Tensor<float> target, float beta, Tensor<float> dLoss) =>
        ElementLoss.Pullback(Op, Checked(beta), x, target, 1, dLoss);

    static OfDifference Checked(float beta) =>
        beta >= 0 ? new(beta) : throw new ArgumentException($"{Op}: expected beta of 0 or more, got {beta}");

    internal readonly struct OfDifference(float beta) : IElementLoss
    {
        public float Loss(float x, float target)
        {
            float d = MathF.Abs(x - target);
            return d < beta ? 0.5f * d * d / beta : d - (0.5f * beta);
        }

        public Vector<float> Loss(Vector<float> x, Vector<float> target)
        {
            var (d, edge) = (Vector.Abs(x - target), new Vector<float>(beta));
            return Vector.ConditionalSelect(Vector.LessThan(d, edge), d * 0.5f * d / edge, d - (edge * 0.5f));
        }

        public float Slope(float x, float target)
        {
            float d = x - target;
            return MathF.Abs(d) < beta ? d / beta
                : d > 0f ? 1f
                : d < 0f ? -1f
                : d;
        }

        public Vector<float> Slope(Vector<float> x, Vector<float> target)
        {
            var (d, edge) = (x - target, new Vector<float>(beta));
            var sign = Vector.ConditionalSelect(
                Vector.GreaterThan(d, Vector<float>.Zero),
                Vector<float>.One,
                Vector.ConditionalSelect(Vector.LessThan(d, Vector<float>.Zero), -Vector<float>.One, d)
            );
            return Vector.ConditionalSelect(Vector.LessThan(Vector.Abs(d), edge), d / edge, sign);
        }
    }

    /// <summary>The loss as a tape records it; inputs x and target, a constant.</summary>
    /// <param name="Beta">Where the parabola ends.</param>
    public sealed record Function(float Beta) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "SmoothL1";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var (x, target) = (context[0], context.Constant(1));
            context.Save(x, target);
            return SmoothL1.Forward(x, target, Beta);
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [SmoothL1.Pullback(context.Saved(0), context.Saved(1), Beta, dy), null];
    }
}
