using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Normalisation;

namespace Pqf.Tensors.Ops.Arithmetic;

/// <summary>Sums over the axes along which a shape has length 1: the pull-back of what <see cref="Broadcast"/> repeats.</summary>
static partial class SumTo
{
    /// <summary>y = x summed over some axes.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="shape">As many axes, each as long as x's or of length 1.</param>
    /// <returns>The given shape; x itself where nothing is to be summed.</returns>
    public static Tensor<float> Forward(Tensor<float> x, Shape shape)
    {
        // From the back; neighbouring axes at once.
        int axis = shape.Rank - 1,
            inner = 1;
        while (axis >= 0)
        {
            int length = 1,
                end = axis;
            for (; axis >= 0 && shape[axis] == 1; axis--)
                length *= x.Shape[axis];
            if (length != 1)
                x = Run(x, end - axis, end, length, inner);
            if (axis >= 0)
                inner *= shape[axis--];
        }

        return x.Shape == shape
            ? x
            : throw new ShapeException("SumTo", $"expected axes of equal length or of 1, got {x.Shape} and {shape}");
    }

    /// <summary>Sums over some neighbouring axes, which stay with length 1.</summary>
    static Tensor<float> Run(Tensor<float> x, int axes, int end, int length, int inner)
    {
        int[] lengths = [.. x.Shape];
        for (int axis = end; axis > end - axes; axis--)
            lengths[axis] = 1;
        var y = Tensor<float>.Rent(x.Device, new Shape(lengths));
        if (y.Shape.Count == 0)
            return y;
        if (y.Shape.Count == inner)
            Reduce.SumRowsInto(x.Reshape([length, inner]), y.Reshape([inner]));
        else if (x.Device is HostDevice host)
            Host(host, x, length, inner, y);
        else
            ((GpuDevice)x.Device).Launch(y.Shape.Count, new Kernel(x.View, y.View, length, inner));
        return y;
    }
}
