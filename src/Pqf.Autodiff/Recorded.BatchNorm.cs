using Pqf.Tensors;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Autodiff;

public static partial class Recorded
{
    /// <summary>tail(norm(x) + residual) by the batch's own statistics, which carry gradients.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[…, C], more than one row.</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="residual">[…, C], or none.</param>
    /// <param name="tail">Applied last.</param>
    /// <returns>The value; mean and biased variance [C] of the batch, in the tape's scope.</returns>
    /// <exception cref="ShapeException">There is but one row: it has no variance.</exception>
    /// <exception cref="NotSupportedException">The tail has a function.</exception>
    public static (Variable Y, Tensor<float> Mean, Tensor<float> Variance) BatchNorm(
        this Tape tape,
        Variable x,
        Variable weight,
        Variable bias,
        float eps,
        Variable? residual = null,
        Tail? tail = null
    )
    {
        if (x.Shape.Count <= x.Shape.Last)
            throw new ShapeException("BatchNorm", $"expected more than one value of each channel to train on, got {x.Shape}");
        var (mean, variance) = Reduce.MeanAndVariance(x.Value);
        return (Norm(tape, x, weight, bias, (mean, variance, eps, StatisticsOf.Batch), residual, tail ?? Tail.None), mean, variance);
    }

    /// <summary>As <see cref="BatchNorm"/>, by given statistics, which are constants: a frozen norm.</summary>
    public static Variable FrozenBatchNorm(
        this Tape tape,
        Variable x,
        Variable weight,
        Variable bias,
        Tensor<float> mean,
        Tensor<float> variance,
        float eps,
        Variable? residual = null,
        Tail? tail = null
    ) =>
        weight.NeedsGradient || bias.NeedsGradient
            ? Norm(tape, x, weight, bias, (mean, variance, eps, StatisticsOf.Elsewhere), residual, tail ?? Tail.None)
            : ConstantNorm(tape, x, (weight.Value, bias.Value, mean, variance, eps), residual, tail ?? Tail.None);

    /// <summary>A norm of constants alone: its input's gradient is a product with them, and the input is not kept.</summary>
    static Variable ConstantNorm(
        Tape tape,
        Variable x,
        (Tensor<float> Weight, Tensor<float> Bias, Tensor<float> Mean, Tensor<float> Variance, float Eps) s,
        Variable? residual,
        Tail tail
    )
    {
        tail.CheckGradient("BatchNorm");
        var y = Tensors.Ops.Normalisation.BatchNorm.Forward(x.Value, s.Weight, s.Bias, s.Mean, s.Variance, s.Eps, residual?.Value, tail);
        bool isActivated = tail.HasClamp;
        return tape.Add(
            "BatchNorm",
            y,
            residual is null ? [x] : [x, residual],
            isActivated ? [y] : [],
            dy =>
            {
                var dSum = dy;
                if (isActivated)
                {
                    dSum = tape.MayOverwrite(dy) ? dy : Tensor<float>.Rent(dy.Device, dy.Shape);
                    tail.PullbackInto(y, dy, dSum);
                }

                var zeros = Tensor<float>.Zeros(dy.Device, s.Mean.Shape);
                var dx = residual is null && (dSum != dy || tape.MayOverwrite(dy)) ? dSum : Tensor<float>.Rent(dy.Device, dy.Shape);
                Tensors.Ops.Normalisation.BatchNorm.ForwardInto(dSum, s.Weight, zeros, zeros, s.Variance, s.Eps, null, Tail.None, dx);
                return residual is null ? [dx] : [dx, dSum];
            }
        );
    }

    static Variable Norm(
        Tape tape,
        Variable x,
        Variable weight,
        Variable bias,
        (Tensor<float> Mean, Tensor<float> Variance, float Eps, StatisticsOf Source) s,
        Variable? residual,
        Tail tail
    )
    {
        tail.CheckGradient("BatchNorm");
        var (input, scale) = (x.Value, weight.Value);
        var y = Tensors.Ops.Normalisation.BatchNorm.Forward(input, scale, bias.Value, s.Mean, s.Variance, s.Eps, residual?.Value, tail);
        var activated = tail.HasClamp ? y : null;
        Variable[] parents = residual is null ? [x, weight, bias] : [x, weight, bias, residual];
        Tensor<float>[] saved = activated is null ? [input, scale, s.Mean, s.Variance] : [input, scale, s.Mean, s.Variance, activated];
        return tape.Add(
            "BatchNorm",
            y,
            parents,
            saved,
            dy =>
            {
                // Over what nobody needs after this: the incoming gradient and the input have the size of the results.
                var dSum = activated is null || tape.MayOverwrite(dy) ? dy : Tensor<float>.Rent(dy.Device, dy.Shape);
                var dx =
                    tape.MayOverwrite(input) ? input
                    : residual is null && (dSum != dy || tape.MayOverwrite(dy)) ? dSum
                    : Tensor<float>.Rent(dy.Device, dy.Shape);
                var gradients = Tensors.Ops.Normalisation.BatchNorm.PullbackInto(
                    input,
                    scale,
                    s.Mean,
                    s.Variance,
                    s.Eps,
                    s.Source,
                    tail,
                    activated,
                    dy,
                    dSum,
                    dx
                );
                return residual is null ? [dx, gradients.DWeight, gradients.DBias] : [dx, gradients.DWeight, gradients.DBias, dSum];
            }
        );
    }
}
