using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Tensors.Ops.Convolution;

/// <summary>Two-dimensional convolution (cross-correlation, as in PyTorch).</summary>
public static partial class Conv2d
{
    /// <summary>y = conv(x, weight) + bias.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="bias">[O], or none.</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    /// <param name="algorithm">How it is computed.</param>
    /// <returns>[N, H', W', O].</returns>
    /// <exception cref="ShapeException">Shapes do not fit one another.</exception>
    public static Tensor<float> Forward(
        Tensor<float> x,
        Tensor<float> weight,
        Tensor<float>? bias,
        Conv2dOptions options,
        ConvAlgorithm algorithm = ConvAlgorithm.Gathered
    )
    {
        using var scope = x.Device.BeginScope();
        return scope.Keep(Conv2dPlan.Create(weight, bias, options, algorithm).Forward(x, null, Tail.None));
    }

    /// <summary>The result's shape.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    /// <returns>[N, H', W', O].</returns>
    /// <exception cref="ShapeException">Shapes do not fit one another.</exception>
    public static Shape OutputShape(Shape x, Shape weight, Conv2dOptions options) => Geometry(x, weight, options).Output;

    /// <summary>The input of <see cref="Geometry"/>: with zeros around it where opposite sides are padded differently.</summary>
    internal static Tensor<float> Padded(Tensor<float> x, Conv2dOptions options) =>
        options.IsUneven ? Pad.Forward(x, new PadOptions(options.Padding, options.End)) : x;

    /// <summary>The shape rule: all sizes of the convolution, of the padded input where opposite sides are padded differently.</summary>
    internal static ConvGeometry Geometry(Shape x, Shape weight, Conv2dOptions options)
    {
        if (options.IsUneven)
            return Geometry(
                Pad.OutputShape(x, new PadOptions(options.Padding, options.End)),
                weight,
                options with
                {
                    Padding = 0,
                    EndPadding = null,
                }
            );

        const string Op = "Conv2d";
        var (stride, padding, dilation, groups) = (options.Stride, options.Padding, options.Dilation, options.Groups);
        Shapes.Rank(Op, "x [N, H, W, C]", x, 4);
        Shapes.Rank(Op, "weight [O, I, kH, kW]", weight, 4);
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
}
