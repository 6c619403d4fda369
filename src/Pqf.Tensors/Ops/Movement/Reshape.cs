using System.Collections.Immutable;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>The same elements under another shape (<see cref="Tensor{T}.Reshape"/>).</summary>
public static class Reshape
{
    /// <summary>The reshaped tensor as a tape records it; input x, whose memory it shares.</summary>
    /// <param name="Shape">Of as many elements.</param>
    public sealed record Function(Shape Shape) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Reshape";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => context[0].Reshape(Shape);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [dy.Reshape(context.ShapeOf(0))];
    }
}
