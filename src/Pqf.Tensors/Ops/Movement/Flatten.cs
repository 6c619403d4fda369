using System.Collections.Immutable;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>Images as rows of values, channel by channel, as PyTorch flattens them.</summary>
public static class Flatten
{
    /// <summary>[N, H, W, C] to [N, C · H · W].</summary>
    /// <param name="x">Its memory is shared where H · W is 1.</param>
    /// <exception cref="ShapeException">x has not four axes.</exception>
    public static Tensor<float> Forward(Tensor<float> x)
    {
        var s = Shapes.Rank("Flatten", "x [N, H, W, C]", x.Shape, 4);
        return (s[1] * s[2] == 1 ? x : ChannelOrder.ToChannelsFirst(x)).Reshape([s[0], s[1] * s[2] * s[3]]);
    }

    /// <summary>Gradients in the order of the images' memory.</summary>
    /// <param name="x">Shape of the input, [N, H, W, C].</param>
    /// <param name="dy">[N, C · H · W]; its memory is shared where H · W is 1.</param>
    /// <returns>[N, H, W, C].</returns>
    public static Tensor<float> Pullback(Shape x, Tensor<float> dy) =>
        x[1] * x[2] == 1 ? dy.Reshape(x) : ChannelOrder.ToChannelsLast(dy.Reshape([x[0], x[3], x[1], x[2]]));

    /// <summary>The rows as a tape records them; input x.</summary>
    public sealed record Function : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Flatten";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => Flatten.Forward(context[0]);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [Flatten.Pullback(context.ShapeOf(0), dy)];
    }
}
