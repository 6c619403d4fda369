using System.Collections.Immutable;
using System.Numerics;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Losses;

/// <summary>Cross-entropy of logits, each against the probability of its own yes or no: PyTorch's
/// <c>binary_cross_entropy_with_logits</c>.</summary>
public static class BinaryCrossEntropy
{
    const string Op = "BinaryCrossEntropy";

    /// <summary>Mean of −target · log σ(x) − (1 − target) · log (1 − σ(x)).</summary>
    /// <param name="x">Logits, any shape.</param>
    /// <param name="target">Probabilities, the same shape.</param>
    /// <returns>A scalar, of no axes; 0 of no elements.</returns>
    /// <exception cref="ShapeException">Shapes differ.</exception>
    public static Tensor<float> Forward(Tensor<float> x, Tensor<float> target) =>
        ElementLoss.Forward(Op, default(OfLogit), x, target, Factor(x));

    /// <summary>dx = (σ(x) − target) · dloss / count.</summary>
    /// <param name="x">As given to <see cref="Forward"/>.</param>
    /// <param name="target">As given there.</param>
    /// <param name="dLoss">Of no axes.</param>
    /// <returns>As x.</returns>
    public static Tensor<float> Pullback(Tensor<float> x, Tensor<float> target, Tensor<float> dLoss) =>
        ElementLoss.Pullback(Op, default(OfLogit), x, target, Factor(x), dLoss);

    static float Factor(Tensor<float> x) => 1f / Math.Max(1, x.Shape.Count);

    /// <summary>max(x, 0) − x · target + log(1 + exp(−|x|)): nothing overflows.</summary>
    internal readonly struct OfLogit : IElementLoss
    {
        public float Loss(float x, float target) => MathF.Max(x, 0f) - (x * target) + MathF.Log(1f + MathF.Exp(-MathF.Abs(x)));

        public Vector<float> Loss(Vector<float> x, Vector<float> target) =>
            Vector.Max(x, Vector<float>.Zero) - (x * target) + Vector.Log(Vector<float>.One + Vector.Exp(-Vector.Abs(x)));

        public float Slope(float x, float target) => Sigmoid.Apply(x) - target;

        public Vector<float> Slope(Vector<float> x, Vector<float> target) => Sigmoid.Apply(x) - target;
    }

    /// <summary>The loss as a tape records it; inputs x and target, a constant.</summary>
    public sealed record Function : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "BinaryCrossEntropy";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var (x, target) = (context[0], context.Constant(1));
            context.Save(x, target);
            return BinaryCrossEntropy.Forward(x, target);
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [BinaryCrossEntropy.Pullback(context.Saved(0), context.Saved(1), dy), null];
    }
}
