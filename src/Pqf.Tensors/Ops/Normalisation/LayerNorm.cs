using System.Collections.Immutable;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Normalisation;

/// <summary>Normalisation of each row of channels by its own mean and variance. Source: Ba et al. 2016, arXiv 1607.06450.</summary>
public static partial class LayerNorm
{
    /// <summary>y = (x − mean) / √(variance + eps) · weight + bias, of each row.</summary>
    /// <param name="x">[…, C], C at least 1.</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="eps">Added to the variance, which is divided by C.</param>
    /// <returns>The shape of x.</returns>
    /// <exception cref="ShapeException">Shapes do not fit.</exception>
    public static Tensor<float> Forward(Tensor<float> x, Tensor<float> weight, Tensor<float> bias, float eps)
    {
        var y = Tensor<float>.Rent(x.Device, x.Shape);
        ForwardInto(x, weight, bias, eps, y);
        return y;
    }

    /// <summary>As <see cref="Forward"/>, into a given tensor, which may be x itself.</summary>
    internal static void ForwardInto(Tensor<float> x, Tensor<float> weight, Tensor<float> bias, float eps, Tensor<float> y)
    {
        Check(x.Shape, weight, bias);
        Shapes.Same("LayerNorm", x.Shape, y.Shape);
        Shapes.SameDevice("LayerNorm", x.Device, weight, bias, y);
        if (x.Device is HostDevice host)
            Host(host, x, weight, bias, eps, y);
        else
            ((GpuDevice)x.Device).Launch(Rows(x.Shape), new Kernel(x.View, weight.View, bias.View, y.View, x.Shape.Last, eps));
    }

    /// <summary>Gradients of x, weight and bias.</summary>
    /// <param name="x">[…, C].</param>
    /// <param name="weight">[C].</param>
    /// <param name="eps">As given to <see cref="Forward"/>.</param>
    /// <param name="dy">[…, C].</param>
    /// <remarks>With n = (x − mean) / √(variance + eps) and g = dy · weight: dx = (g − mean(g) − n · mean(g · n)) / √(variance + eps).
    /// </remarks>
    public static (Tensor<float> X, Tensor<float> Weight, Tensor<float> Bias) Pullback(
        Tensor<float> x,
        Tensor<float> weight,
        float eps,
        Tensor<float> dy
    )
    {
        Check(x.Shape, weight, weight);
        Shapes.Same("LayerNorm", x.Shape, dy.Shape);
        Shapes.SameDevice("LayerNorm", x.Device, weight, dy);
        using var scope = x.Device.BeginScope();
        Tensor<float> dx = Tensor<float>.Rent(x.Device, x.Shape),
            products = Tensor<float>.Rent(x.Device, x.Shape);
        if (x.Device is HostDevice host)
            PullbackHost(host, x, weight, eps, dy, dx, products);
        else
            ((GpuDevice)x.Device).Launch(
                Rows(x.Shape),
                new PullbackKernel(x.View, weight.View, dy.View, dx.View, products.View, x.Shape.Last, eps)
            );
        return (scope.Keep(dx), scope.Keep(Reduce.SumRows(products)), scope.Keep(Reduce.SumRows(dy)));
    }

    static void Check(Shape x, Tensor<float> weight, Tensor<float> bias)
    {
        if (x.Last == 0)
            throw new ShapeException("LayerNorm", $"expected at least one channel, got {x}");
        Shapes.Vector("LayerNorm", "weight", weight.Shape, x.Last);
        Shapes.Vector("LayerNorm", "bias", bias.Shape, x.Last);
    }

    static int Rows(Shape x) => x.Count / x.Last;

    /// <summary>The norm as a tape records it; inputs x, weight and bias.</summary>
    /// <param name="Eps">Added to the variance.</param>
    public sealed record Function(float Eps) : DifferentiableFunction
    {
        /// <inheritdoc/>
        public override string Name => "LayerNorm";

        /// <inheritdoc/>
        public override Tensor<float> Forward(ForwardContext context)
        {
            context.Save(context[0], context[1]);
            return LayerNorm.Forward(context[0], context[1], context[2], Eps);
        }

        /// <inheritdoc/>
        public override ImmutableArray<Tensor<float>?> Pullback(PullbackContext context, Tensor<float> dy)
        {
            var (x, weight, bias) = LayerNorm.Pullback(context.Saved(0), context.Saved(1), Eps, dy);
            return [x, weight, bias];
        }
    }
}
