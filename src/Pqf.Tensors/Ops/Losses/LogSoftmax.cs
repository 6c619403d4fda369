using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Losses;

/// <summary>Logarithms of probabilities from logits.</summary>
public static partial class LogSoftmax
{
    /// <summary>y = x − max x − log Σ exp(x − max x) along the last axis.</summary>
    /// <param name="x">[…, C], C at least 1.</param>
    /// <returns>[…, C].</returns>
    /// <exception cref="ShapeException">The last axis is empty.</exception>
    public static Tensor<float> Forward(Tensor<float> x)
    {
        if (x.Shape.Last == 0)
            throw new ShapeException("LogSoftmax", $"expected at least one class, got {x.Shape}");
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        if (x.Device is HostDevice host)
            Host(host, x, y);
        else
            Gpu((GpuDevice)x.Device, x, y);
        return y;
    }

    /// <summary>dx = dy − exp(y) · Σ dy along the last axis.</summary>
    /// <param name="y">Of <see cref="Forward"/>, […, C].</param>
    /// <param name="dy">[…, C].</param>
    /// <returns>[…, C].</returns>
    public static Tensor<float> Pullback(Tensor<float> y, Tensor<float> dy)
    {
        Shapes.Same("LogSoftmax", y.Shape, dy.Shape);
        Shapes.SameDevice("LogSoftmax", y.Device, dy);
        var dx = Tensor<float>.Rent(y.Device, y.Shape);
        if (y.Device is HostDevice host)
            PullbackHost(host, y, dy, dx);
        else
            PullbackGpu((GpuDevice)y.Device, y, dy, dx);
        return dx;
    }

    /// <summary>Logarithms of probabilities as a tape records them; input x.</summary>
    public sealed record Function : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "LogSoftmax";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var y = LogSoftmax.Forward(context[0]);
            context.Save(y);
            return y;
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [LogSoftmax.Pullback(context.Saved(0), dy)];
    }
}
