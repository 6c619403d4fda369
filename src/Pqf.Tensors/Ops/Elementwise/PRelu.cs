using System.Collections.Immutable;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Tensors.Ops.Elementwise;

/// <summary>x above 0, x times its channel's slope below. Source: He et al. 2015, arXiv 1502.01852.</summary>
public static partial class PRelu
{
    /// <summary>y = x above 0, slope · x below.</summary>
    /// <param name="x">[…, C].</param>
    /// <param name="slope">[C], or [1] for all channels.</param>
    /// <returns>The shape of x.</returns>
    /// <exception cref="ShapeException">There are other slopes.</exception>
    public static Tensor<float> Forward(Tensor<float> x, Tensor<float> slope)
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        ForwardInto(x, slope, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor, which may be x itself.</summary>
    internal static void ForwardInto(Tensor<float> x, Tensor<float> slope, Tensor<float> y)
    {
        Check(x.Shape, slope.Shape);
        Shapes.Same("PRelu", x.Shape, y.Shape);
        Shapes.SameDevice("PRelu", x.Device, slope, y);
        if (x.Device is HostDevice host)
            Host(host, x, slope, y);
        else
            ((GpuDevice)x.Device).Launch(y.Shape.Count, new Kernel(x.View, slope.View, y.View, slope.Shape.Count));
    }

    /// <summary>Gradients: of x, dy above 0 and slope · dy at and below it; of each channel's slope, the sum of x · dy below 0.</summary>
    /// <param name="x">[…, C].</param>
    /// <param name="slope">[C] or [1].</param>
    /// <param name="dy">[…, C].</param>
    public static (Tensor<float> X, Tensor<float> Slope) Pullback(Tensor<float> x, Tensor<float> slope, Tensor<float> dy)
    {
        Check(x.Shape, slope.Shape);
        Shapes.Same("PRelu", x.Shape, dy.Shape);
        Shapes.SameDevice("PRelu", x.Device, slope, dy);
        using var scope = x.Device.BeginScope();
        Tensor<float> dx = Tensor<float>.Rent(x.Device, x.Shape),
            products = Tensor<float>.Rent(x.Device, x.Shape);
        if (x.Device is HostDevice host)
            PullbackHost(host, x, slope, dy, dx, products);
        else
            ((GpuDevice)x.Device).Launch(
                x.Shape.Count,
                new PullbackKernel(x.View, slope.View, dy.View, dx.View, products.View, slope.Shape.Count)
            );
        var dSlope = Reduce.SumRows(slope.Shape.Count == 1 ? products.Reshape([products.Shape.Count, 1]) : products);
        return (scope.Keep(dx), scope.Keep(dSlope));
    }

    /// <summary>What one value adds to the gradient of its slope. Also compiled for the GPU.</summary>
    static float SlopeTerm(float x, float dy) =>
        float.IsNaN(x) ? x
        : x > 0f ? 0f
        : x * dy;

    static void Check(Shape x, Shape slope)
    {
        if (slope.Rank != 1 || (slope[0] != 1 && slope[0] != x.Last))
            throw new ShapeException("PRelu", $"expected slopes of [1] or [{x.Last}], got {slope}");
    }

    /// <summary>The function as a tape records it; inputs x and slope.</summary>
    public sealed record Function : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "PRelu";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            context.Save(context[0], context[1]);
            return PRelu.Forward(context[0], context[1]);
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy)
        {
            var (x, slope) = PRelu.Pullback(context.Saved(0), context.Saved(1), dy);
            return [x, slope];
        }
    }
}
