using System.Collections.Immutable;

namespace Pqf.Tensors.Ops.Movement;

/// <summary>Channels of some groups, dealt out in turn: channel i of group g goes to place i · groups + g. Source: Zhang et al. 2017
/// (ShuffleNet), arXiv 1707.01083.</summary>
public static class ChannelShuffle
{
    /// <summary>y = x with its channels in another order.</summary>
    /// <param name="x">[…, C].</param>
    /// <param name="groups">Divides C.</param>
    /// <exception cref="ShapeException">It does not.</exception>
    public static Tensor<float> Forward(Tensor<float> x, int groups)
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        ForwardInto(x, groups, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor.</summary>
    internal static void ForwardInto(Tensor<float> x, int groups, Tensor<float> y)
    {
        int channels = CheckedChannels(x.Shape, groups),
            ofGroup = channels / groups;
        Shapes.Same("ChannelShuffle", x.Shape, y.Shape);
        if (x.Shape.Count == 0)
            return;
        StridedCopy.Run(
            x,
            y,
            CopyGeometry.Of([new(x.Shape.Count / channels, channels, channels), new(ofGroup, 1, groups), new(groups, ofGroup, 1)])
        );
    }

    /// <summary>C.</summary>
    /// <exception cref="ShapeException">The groups do not divide it.</exception>
    internal static int CheckedChannels(Shape x, int groups) =>
        groups >= 1 && x.Last % groups == 0
            ? x.Last
            : throw new ShapeException("ChannelShuffle", $"expected groups that divide the channels of {x}, got {groups}");

    /// <summary>The shuffled channels as a tape records them; input x.</summary>
    /// <param name="Groups">Divides C.</param>
    public sealed record Function(int Groups) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "ChannelShuffle";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => ChannelShuffle.Forward(context[0], Groups);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [dy.Shape.Last == 0 ? dy : ChannelShuffle.Forward(dy, dy.Shape.Last / Groups)];
    }
}
