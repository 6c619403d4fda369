using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Normalisation;

public static partial class BatchNorm
{
    /// <summary>Gradients of <c>y = tail(norm(x) + residual)</c>.</summary>
    /// <param name="x">[…, C], at least one row.</param>
    /// <param name="weight">[C].</param>
    /// <param name="mean">[C].</param>
    /// <param name="variance">[C], divided by the number of rows where it is the batch's.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="source">Whose statistics they are.</param>
    /// <param name="tail">As given to the norm: a clamp or nothing.</param>
    /// <param name="y">The value if there is a clamp; not read otherwise.</param>
    /// <param name="dy">[…, C].</param>
    /// <returns>The gradient of the sum is dy itself where there is no clamp.</returns>
    /// <exception cref="NotSupportedException">The tail has a function.</exception>
    /// <remarks>
    /// With x̂ = (x − mean) / √(variance + eps) over M rows: dbias = Σ ds, dweight = Σ ds · x̂, dx = weight / √(variance + eps) · (ds −
    /// (dbias + x̂ · dweight) / M), without
    /// the last term where statistics are constants. Two passes. Source: Ioffe and Szegedy 2015, §3.
    /// </remarks>
    public static BatchNormGradients Pullback(
        Tensor<float> x,
        Tensor<float> weight,
        Tensor<float> mean,
        Tensor<float> variance,
        float eps,
        StatisticsOf source,
        Tail tail,
        Tensor<float>? y,
        Tensor<float> dy
    ) =>
        PullbackInto(
            x,
            weight,
            mean,
            variance,
            eps,
            source,
            tail,
            y,
            dy,
            !tail.HasClamp ? dy : Tensor<float>.Rent(x.Device, x.Shape),
            Tensor<float>.Rent(x.Device, x.Shape)
        );

    /// <summary>As <see cref="Pullback"/>, into given tensors.</summary>
    /// <param name="dSum">May be dy.</param>
    /// <param name="dx">May be x, or dSum if the caller does not need that.</param>
    internal static BatchNormGradients PullbackInto(
        Tensor<float> x,
        Tensor<float> weight,
        Tensor<float> mean,
        Tensor<float> variance,
        float eps,
        StatisticsOf source,
        Tail tail,
        Tensor<float>? y,
        Tensor<float> dy,
        Tensor<float> dSum,
        Tensor<float> dx
    )
    {
        int channels = x.Shape.Last;
        tail.CheckGradient("BatchNorm");
        y = tail.HasClamp ? y ?? throw new ArgumentNullException(nameof(y), "BatchNorm: expected the value behind the clamp") : null;
        if (x.Shape.Count == 0)
            throw new ShapeException("BatchNorm", $"expected at least one row, got {x.Shape}");
        foreach (var tensor in (ReadOnlySpan<Tensor<float>>)[y ?? x, dy, dSum, dx])
            Shapes.Same("BatchNorm", x.Shape, tensor.Shape);
        Shapes.Vector("BatchNorm", "weight", weight.Shape, channels);
        Shapes.Vector("BatchNorm", "mean", mean.Shape, channels);
        Shapes.Vector("BatchNorm", "variance", variance.Shape, channels);
        Shapes.SameDevice("BatchNorm", x.Device, weight, mean, variance, y, dy, dSum, dx);
        var result = new BatchNormGradients(dx, Tensor<float>.Rent(x.Device, [channels]), Tensor<float>.Rent(x.Device, [channels]), dSum);
        if (x.Device is HostDevice host)
            PullbackHost(host, x, weight, mean, variance, eps, source, tail, y, dy, result);
        else
            PullbackGpu((GpuDevice)x.Device, x, weight, mean, variance, eps, source, tail, y, dy, result);
        return result;
    }
}
