using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Tensors;

/// <summary>Shape rules: each checks its op's contract and returns the result's shape. Nobody multiplies dimensions elsewhere.</summary>
static class Shapes
{
    public static Shape Same(string op, Shape a, Shape b) =>
        a == b ? a : throw new ShapeException(op, $"expected equal shapes, got {a} and {b}");

    public static Shape Rank(string op, string what, Shape shape, int rank) =>
        shape.Rank == rank ? shape : throw new ShapeException(op, $"expected {what} of {rank} axes, got {shape}");

    public static void Vector(string op, string what, Shape? shape, int length)
    {
        if (shape is { } given && given != [length])
            throw new ShapeException(op, $"expected {what} of [{length}], got {given}");
    }

    public static void SameDevice(string op, Device device, params ReadOnlySpan<ITensor?> tensors)
    {
        foreach (var tensor in tensors)
            if (tensor is not null && tensor.Device != device)
                throw new ArgumentException($"{op}: expected all tensors on {device.Name}, got one on {tensor.Device.Name}");
    }

    public static (int M, int N, int K) MatMul(Shape a, Shape b, bool transposeA, bool transposeB)
    {
        if (a.Rank != 2 || b.Rank != 2 || a[transposeA ? 0 : 1] != b[transposeB ? 1 : 0])
            throw new ShapeException(
                "MatMul",
                $"expected {(transposeA ? "[k, m]" : "[m, k]")} x {(transposeB ? "[n, k]" : "[k, n]")}, got {a} x {b}"
            );
        return (a[transposeA ? 1 : 0], b[transposeB ? 0 : 1], a[transposeA ? 0 : 1]);
    }

    public static ConvGeometry Conv2d(Shape x, Shape weight, Conv2dOptions options)
    {
        const string Op = "Conv2d";
        var (stride, padding, dilation, groups) = (options.Stride, options.Padding, options.Dilation, options.Groups);
        Rank(Op, "x [N, H, W, C]", x, 4);
        Rank(Op, "weight [O, I, kH, kW]", weight, 4);
        if (stride.H < 1 || stride.W < 1 || dilation.H < 1 || dilation.W < 1 || padding.H < 0 || padding.W < 0)
            throw new ShapeException(Op, $"expected stride ≥ 1, padding ≥ 0 and dilation ≥ 1, got {stride}, {padding} and {dilation}");
        if (groups < 1 || x[3] % groups != 0 || weight[0] % groups != 0 || weight[1] != x[3] / groups)
            throw new ShapeException(
                Op,
                $"expected weight [O, C / groups, kH, kW] with {groups} groups over {x[3]} channels, got {weight}"
            );
        var geometry = new ConvGeometry(
            x[0],
            x[1],
            x[2],
            x[3],
            weight[0],
            new Pair(weight[2], weight[3]),
            stride,
            padding,
            dilation,
            groups
        );
        if (
            weight[2] < 1
            || weight[3] < 1
            || x[1] + (2 * padding.H) < (dilation.H * (weight[2] - 1)) + 1
            || x[2] + (2 * padding.W) < (dilation.W * (weight[3] - 1)) + 1
        )
            throw new ShapeException(
                Op,
                $"expected a kernel within the padded input, got weight {weight} with padding {padding} and dilation {dilation} over {x}"
            );
        return geometry;
    }

    /// <summary>The convolution whose input's gradient a transposed one is: its input is the result.</summary>
    public static ConvGeometry ConvTranspose2d(Shape x, Shape weight, ConvTranspose2dOptions options)
    {
        const string Op = "ConvTranspose2d";
        var (stride, padding, extra) = (options.Stride, options.Padding, options.OutputPadding);
        Rank(Op, "x [N, H, W, I]", x, 4);
        Rank(Op, "weight [I, O, kH, kW]", weight, 4);
        if (
            stride.H < 1
            || stride.W < 1
            || padding.H < 0
            || padding.W < 0
            || extra.H < 0
            || extra.W < 0
            || extra.H >= stride.H
            || extra.W >= stride.W
        )
            throw new ShapeException(
                Op,
                $"expected stride ≥ 1, padding ≥ 0 and output padding from 0 to stride − 1, got {stride}, {padding} and {extra}"
            );
        if (weight[0] != x[3] || weight[2] < 1 || weight[3] < 1)
            throw new ShapeException(Op, $"expected weight [I, O, kH, kW] over {x[3]} channels, got {weight}");
        int h = ((x[1] - 1) * stride.H) - (2 * padding.H) + weight[2] + extra.H,
            w = ((x[2] - 1) * stride.W) - (2 * padding.W) + weight[3] + extra.W;
        if (x[1] < 1 || x[2] < 1 || h < 1 || w < 1)
            throw new ShapeException(
                Op,
                $"expected pixels in and out, got {x} with weight {weight}, stride {stride} and padding {padding}"
            );
        return new ConvGeometry(x[0], h, w, weight[1], x[3], new Pair(weight[2], weight[3]), stride, padding, 1, 1);
    }

    public static Shape Linear(Shape x, Shape weight, Shape? bias)
    {
        if (x.Rank != 2 || weight.Rank != 2 || x[1] != weight[1])
            throw new ShapeException("Linear", $"expected x [N, in] and weight [out, in], got {x} and {weight}");
        Vector("Linear", "bias", bias, weight[0]);
        return [x[0], weight[0]];
    }

    public static ConvGeometry Pool2d(string op, Shape x, Pair kernel, Pair stride, Pair padding)
    {
        Rank(op, "x [N, H, W, C]", x, 4);
        if (kernel.H < 1 || kernel.W < 1 || stride.H < 1 || stride.W < 1)
            throw new ShapeException(op, $"expected a kernel and stride of 1 or more, got {kernel} and {stride}");
        if (padding.H < 0 || padding.W < 0 || padding.H > kernel.H / 2 || padding.W > kernel.W / 2)
            throw new ShapeException(op, $"expected padding from 0 to half the kernel {kernel}, got {padding}");
        if (x[1] + (2 * padding.H) < kernel.H || x[2] + (2 * padding.W) < kernel.W)
            throw new ShapeException(op, $"expected a kernel within the padded input, got {kernel} with padding {padding} over {x}");
        return new ConvGeometry(x[0], x[1], x[2], x[3], x[3], kernel, stride, padding, 1, 1);
    }

    public static Shape Concat(ReadOnlySpan<Tensor<float>> parts, int axis)
    {
        int[] lengths = [.. Axis("Concat", parts[0].Shape, axis)];
        lengths[axis] = 0;
        var others = new Shape(lengths);
        int length = 0;
        foreach (var part in parts)
        {
            int[] own = [.. Rank("Concat", "parts", part.Shape, others.Rank)];
            length += own[axis];
            own[axis] = 0;
            if (new Shape(own) != others)
                throw new ShapeException("Concat", $"expected parts alike but for axis {axis}, got {parts[0].Shape} and {part.Shape}");
        }

        lengths[axis] = length;
        return new Shape(lengths);
    }

    public static void Split(Shape x, int axis, ReadOnlySpan<int> lengths)
    {
        var (sum, least) = (0L, 0);
        foreach (int length in lengths)
            (sum, least) = (sum + length, Math.Min(least, length));
        if (sum != Axis("Split", x, axis)[axis] || least < 0)
            throw new ShapeException(
                "Split",
                $"expected lengths that add up to axis {axis} of {x}, got {string.Join(", ", lengths.ToArray())}"
            );
    }

    public static Shape Boxes(string op, Shape boxes) =>
        boxes.Rank == 2 && boxes[1] == 4 ? boxes : throw new ShapeException(op, $"expected boxes [n, 4], got {boxes}");

    /// <summary>Checks that there is such an axis.</summary>
    public static Shape Axis(string op, Shape shape, int axis) =>
        axis >= 0 && axis < shape.Rank ? shape : throw new ShapeException(op, $"expected an axis of {shape}, got {axis}");

    public static Shape Interpolate(Shape x, Pair size)
    {
        Shape y = [Rank("Interpolate", "x [N, H, W, C]", x, 4)[0], Math.Max(0, size.H), Math.Max(0, size.W), x[3]];
        Interpolate(x, y);
        return y;
    }

    /// <summary>Checks a result that the caller provides.</summary>
    public static Resize Interpolate(Shape x, Shape y)
    {
        Rank("Interpolate", "x [N, H, W, C]", x, 4);
        if (y.Rank != 4 || y[0] != x[0] || y[3] != x[3] || x[1] < 1 || x[2] < 1 || y[1] < 1 || y[2] < 1)
            throw new ShapeException(
                "Interpolate",
                $"expected one pixel or more in and out, and images and channels as they are, got {x} and {y}"
            );
        return new(x[0], ResizeAxis.Of(x[1], y[1]), ResizeAxis.Of(x[2], y[2]), x[3]);
    }

    /// <summary>Checks one map against the boxes.</summary>
    public static Shape RoiAlign(Shape map, Rois rois, RoiAlignOptions options)
    {
        Rank("RoiAlign", "maps [N, H, W, C]", map, 4);
        if (options.OutputSize.H < 1 || options.OutputSize.W < 1)
            throw new ShapeException("RoiAlign", $"expected one cell or more, got {options.OutputSize}");
        if (rois.ReadCount > 0 && (map[0] < rois.ImageCount || map[1] < 1 || map[2] < 1))
            throw new ShapeException("RoiAlign", $"expected a map of at least {rois.ImageCount} images of one pixel or more, got {map}");
        return [rois.Count, options.OutputSize.H, options.OutputSize.W, map[3]];
    }

    public static Shape Output(ConvGeometry geometry) => [geometry.N, geometry.OutH, geometry.OutW, geometry.OutChannels];

    /// <summary>Checks a result that the caller provides, without making a shape: steady-state inference allocates nothing.</summary>
    public static void Output(string op, ConvGeometry g, Shape y)
    {
        if (y.Rank != 4 || y[0] != g.N || y[1] != g.OutH || y[2] != g.OutW || y[3] != g.OutChannels)
            throw new ShapeException(op, $"expected a result of {Output(g)}, got {y}");
    }

    public static Shape Input(ConvGeometry geometry) => [geometry.N, geometry.H, geometry.W, geometry.InChannels];

    /// <summary>As <see cref="Output(string, ConvGeometry, Shape)"/>, of what lies on a convolution's other side.</summary>
    public static void Input(string op, ConvGeometry g, Shape y)
    {
        if (y.Rank != 4 || y[0] != g.N || y[1] != g.H || y[2] != g.W || y[3] != g.InChannels)
            throw new ShapeException(op, $"expected a result of {Input(g)}, got {y}");
    }

    /// <summary>Length of a block d, and blocks per row m, of a weight cut along its rows.</summary>
    public static Shape DecodeCodes(Shape codebook, Shape codes, Shape weight)
    {
        Rank("DecodeCodes", "codebook [k, d]", codebook, 2);
        if (codes.Count * codebook[1] != weight.Count)
            throw new ShapeException(
                "DecodeCodes",
                $"expected codes for {weight.Count} values of {weight} in blocks of {codebook[1]}, got codes {codes}"
            );
        return weight;
    }

    /// <summary>Checks blocks [n, d] against a codebook [k, d].</summary>
    public static (int N, int K, int D) NearestCentroid(Shape blocks, Shape codebook)
    {
        if (blocks.Rank != 2 || codebook.Rank != 2 || blocks[1] != codebook[1] || codebook[0] < 1 || codebook[0] > 65536)
            throw new ShapeException(
                "NearestCentroid",
                $"expected blocks [n, d] and a codebook [k, d] with 1 ≤ k ≤ 65536, got {blocks} and {codebook}"
            );
        return (blocks[0], codebook[0], codebook[1]);
    }
}
