using Pqf.Tensors.Devices;

namespace Pqf.Tensors.Ops.Normalisation;

/// <summary>Sums and per-channel statistics.</summary>
/// <remarks>Rows are cut into parts of fixed size, never by the number of cores, and the parts added in order: one input, one
/// result.</remarks>
public static partial class Reduce
{
    /// <summary>Sum over all axes but the last.</summary>
    /// <param name="x">[…, C].</param>
    /// <returns>[C]; zeros when there are no rows.</returns>
    public static Tensor<float> SumRows(Tensor<float> x)
    {
        var y = Tensor<float>.Rent(x.Device, [x.Shape.Last]);
        SumRowsInto(x, y);
        return y;
    }

    /// <summary>As <see cref="SumRows"/>, into a given tensor.</summary>
    internal static void SumRowsInto(Tensor<float> x, Tensor<float> y)
    {
        Shapes.Vector("SumRows", "a result", y.Shape, x.Shape.Last);
        if (x.Device is HostDevice host)
            SumRowsHost(host, x, y);
        else
            SumRowsGpu((GpuDevice)x.Device, x, y);
    }

    /// <summary>Mean and variance over all axes but the last, from deviations: nothing cancels where the mean is large.</summary>
    /// <param name="x">[…, C], at least one row.</param>
    /// <returns>Mean [C] and variance [C], divided by the number of rows (PyTorch's <c>unbiased=False</c>).</returns>
    /// <exception cref="ShapeException">There are no rows.</exception>
    public static (Tensor<float> Mean, Tensor<float> Variance) MeanAndVariance(Tensor<float> x)
    {
        if (x.Shape.Count == 0)
            throw new ShapeException("MeanAndVariance", $"expected at least one row, got {x.Shape}");
        var mean = Tensor<float>.Rent(x.Device, [x.Shape.Last]);
        var variance = Tensor<float>.Rent(x.Device, [x.Shape.Last]);
        if (x.Device is HostDevice host)
            MeanAndVarianceHost(host, x, mean, variance);
        else
            MeanAndVarianceGpu((GpuDevice)x.Device, x, mean, variance);
        return (mean, variance);
    }
}
