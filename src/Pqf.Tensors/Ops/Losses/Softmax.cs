using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Losses;

/// <summary>Probabilities from logits.</summary>
public static partial class Softmax
{
    /// <summary>y = exp(x − max x) / Σ exp(x − max x) along the last axis.</summary>
    /// <param name="x">[…, C], C at least 1.</param>
    /// <returns>[…, C]; each row sums to 1.</returns>
    /// <exception cref="ShapeException">The last axis is empty.</exception>
    public static Tensor<float> Forward(Tensor<float> x)
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        ForwardInto(x, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor, which may be x itself.</summary>
    internal static void ForwardInto(Tensor<float> x, Tensor<float> y)
    {
        if (x.Shape.Last == 0)
            throw new ShapeException("Softmax", $"expected at least one class, got {x.Shape}");
        Shapes.Same("Softmax", x.Shape, y.Shape);
        if (x.Device is HostDevice host)
            Host(host, x, y);
        else
            Gpu((GpuDevice)x.Device, x, y);
    }

    /// <summary>dx = y · (dy − Σ y · dy) along the last axis.</summary>
    /// <param name="y">Of <see cref="Forward"/>, […, C].</param>
    /// <param name="dy">[…, C].</param>
    /// <returns>[…, C].</returns>
    public static Tensor<float> Pullback(Tensor<float> y, Tensor<float> dy)
    {
        Shapes.Same("Softmax", y.Shape, dy.Shape);
        Shapes.SameDevice("Softmax", y.Device, dy);
        var dx = Tensor<float>.Rent(y.Device, y.Shape);
        if (y.Device is HostDevice host)
            PullbackHost(host, y, dy, dx);
        else
            PullbackGpu((GpuDevice)y.Device, y, dy, dx);
        return dx;
    }

    /// <summary>Probabilities as a tape records them; input x.</summary>
    public sealed record Function : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "Softmax";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var y = Softmax.Forward(context[0]);
            context.Save(y);
            return y;
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [Softmax.Pullback(context.Saved(0), dy)];
    }
}
