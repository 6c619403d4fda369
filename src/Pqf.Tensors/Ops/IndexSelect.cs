using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

/// <summary>Slices of a tensor in a given order, as PyTorch's <c>index_select</c>.</summary>
public static partial class IndexSelect
{
    /// <summary>Slice i of the result along an axis is slice index[i] of x.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="axis">Which axis.</param>
    /// <param name="index">Each from 0 to the axis length − 1.</param>
    /// <returns>x's shape with that axis as long as the index.</returns>
    /// <exception cref="ShapeException">The axis does not exist or an index is outside it.</exception>
    public static Tensor<float> Forward(Tensor<float> x, int axis, ReadOnlySpan<int> index)
    {
        if (axis < 0 || axis >= x.Shape.Rank)
            throw new ShapeException("IndexSelect", $"expected an axis of {x.Shape}, got {axis}");
        foreach (int i in index)
            if (i < 0 || i >= x.Shape[axis])
                throw new ShapeException("IndexSelect", $"expected indices from 0 to {x.Shape[axis] - 1}, got {i}");
        int[] dimensions = [.. x.Shape];
        dimensions[axis] = index.Length;
        var (outer, inner) = (1, 1);
        for (int i = 0; i < axis; i++)
            outer *= x.Shape[i];
        for (int i = axis + 1; i < x.Shape.Rank; i++)
            inner *= x.Shape[i];
        using var scope = x.Device.BeginScope();
        var y = scope.Keep(Tensor<float>.Rent(x.Device, new Shape(dimensions)));
        var order = Tensor<int>.From(x.Device, [index.Length], index);
        if (x.Device is HostDevice host)
            Host(host, x, order, outer, x.Shape[axis], inner, y);
        else
            Gpu((GpuDevice)x.Device, x, order, outer, x.Shape[axis], inner, y);
        return y;
    }
}
