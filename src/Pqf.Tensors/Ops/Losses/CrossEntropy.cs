using System.Collections.Immutable;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Tensors.Ops.Losses;

/// <summary>Cross-entropy of logits against target distributions: hard classes, smoothed ones (<see cref="OneHot"/>) or another network's
/// probabilities.</summary>
public static partial class CrossEntropy
{
    /// <summary>Mean over rows of −Σ target · log softmax(x).</summary>
    /// <param name="x">Logits [N, C], N and C at least 1.</param>
    /// <param name="target">[N, C], 0 or more; rows sum to 1.</param>
    /// <returns>A scalar, of no axes.</returns>
    /// <exception cref="ShapeException">Shapes differ or are empty.</exception>
    public static Tensor<float> Forward(Tensor<float> x, Tensor<float> target)
    {
        Check(x, target);
        using var scope = x.Device.BeginScope();
        int rows = x.Shape[0],
            classes = x.Shape[1];
        var losses = Tensor<float>.Rent(x.Device, [rows, 1]);
        if (x.Device is HostDevice host)
            Host(host, x, target, losses);
        else
            ((GpuDevice)x.Device).Launch(rows, new Kernel(x.View, target.View, losses.View, classes));
        return scope.Keep(Scale.Forward(Reduce.SumRows(losses), 1f / rows)).Reshape(new Shape());
    }

    /// <summary>dx = (softmax(x) · Σ target − target) · dloss / N.</summary>
    /// <param name="x">As given to <see cref="Forward"/>.</param>
    /// <param name="target">As given there.</param>
    /// <param name="dLoss">Of no axes.</param>
    /// <returns>[N, C].</returns>
    public static Tensor<float> Pullback(Tensor<float> x, Tensor<float> target, Tensor<float> dLoss)
    {
        Check(x, target);
        Shapes.Same("CrossEntropy", new Shape(), dLoss.Shape);
        var dx = Softmax.Forward(x);
        int rows = x.Shape[0],
            classes = x.Shape[1];
        if (x.Device is HostDevice host)
            PullbackHost(host, target, dLoss, dx);
        else
            ((GpuDevice)x.Device).Launch(rows, new PullbackKernel(target.View, dLoss.View, dx.View, rows, classes));
        return dx;
    }

    static void Check(Tensor<float> x, Tensor<float> target)
    {
        Shapes.SameDevice("CrossEntropy", x.Device, target);
        if (x.Shape.Rank != 2 || x.Shape.Count == 0 || x.Shape != target.Shape)
            throw new ShapeException(
                "CrossEntropy",
                $"expected logits [N, C] and targets of the same shape, N and C at least 1, got {x.Shape} and {target.Shape}"
            );
    }

    /// <summary>The loss as a tape records it; inputs x and target, a constant.</summary>
    public sealed record Function : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "CrossEntropy";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            var (x, target) = (context[0], context.Constant(1));
            context.Save(x, target);
            return CrossEntropy.Forward(x, target);
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy) =>
            [CrossEntropy.Pullback(context.Saved(0), context.Saved(1), dy), null];
    }
}
