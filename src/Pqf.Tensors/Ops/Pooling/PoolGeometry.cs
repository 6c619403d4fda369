using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Tensors.Ops.Pooling;

/// <summary>The shape rule that all poolings share.</summary>
static class PoolGeometry
{
    /// <summary>The sizes of a convolution of the same window, from each channel to itself.</summary>
    public static ConvGeometry Of(string op, Shape x, Pair kernel, Pair stride, Pair padding)
    {
        Shapes.Rank(op, "x [N, H, W, C]", x, 4);
        if (kernel.H < 1 || kernel.W < 1 || stride.H < 1 || stride.W < 1)
            throw new ShapeException(op, $"expected a kernel and stride of 1 or more, got {kernel} and {stride}");
        if (padding.H < 0 || padding.W < 0 || padding.H > kernel.H / 2 || padding.W > kernel.W / 2)
            throw new ShapeException(op, $"expected padding from 0 to half the kernel {kernel}, got {padding}");
        if (x[1] + (2 * padding.H) < kernel.H || x[2] + (2 * padding.W) < kernel.W)
            throw new ShapeException(op, $"expected a kernel within the padded input, got {kernel} with padding {padding} over {x}");
        return new ConvGeometry(x[0], x[1], x[2], x[3], x[3], kernel, stride, padding, 1, 1);
    }
}
