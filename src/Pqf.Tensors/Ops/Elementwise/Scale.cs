using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>A tensor times a number. Its own pull-back: dx = factor · dy.</summary>
public static partial class Scale
{
    /// <summary>y = factor · x.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="factor">Any number.</param>
    /// <returns>The same shape.</returns>
    public static Tensor<float> Forward(Tensor<float> x, float factor)
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        if (x.Device is HostDevice host)
            Host(host, x, factor, y);
        else
            ((GpuDevice)x.Device).Launch(x.Shape.Count, new Kernel(x.View, y.View, factor));
        return y;
    }

    /// <summary>The product as a tape records it; input x.</summary>
    /// <param name="Factor">Any number.</param>
    public sealed record Function(float Factor) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Scale";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context) => Scale.Forward(context[0], Factor);

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) => [Scale.Forward(dy, Factor)];
    }
}
