using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Products;
using Pqf.Tensors.Ops.Quantisation;

namespace Pqf.Tensors.Ops.Convolution;

public sealed partial class Conv2dPlan
{
    Conv2dPlan(Device device, Shape weight, Conv2dOptions options, ConvAlgorithm algorithm = ConvAlgorithm.Gathered, int pixels = 1) =>
        (this.device, weightShape, this.options, this.algorithm, this.pixels) = (device, weight, options, algorithm, pixels);

    /// <summary>Packs a quantised weight straight from its codes; the same bits as packing the decoded and scaled weight.</summary>
    /// <param name="codebook">[k, d], on the host.</param>
    /// <param name="codes">[O, m], each below k.</param>
    /// <param name="weight">[O, C / groups, kH, kW], m · d values to a row.</param>
    /// <param name="scales">[O]: multiplies each row, in double; or none.</param>
    /// <param name="bias">[O], or none.</param>
    /// <param name="options">Stride, padding, dilation, groups.</param>
    /// <param name="pixels">As for <see cref="Create"/>.</param>
    /// <exception cref="ShapeException">Codes, bias, scales or pixels do not fit the weight.</exception>
    internal static unsafe Conv2dPlan FromCodes(
        Tensor<float> codebook,
        Tensor<ushort> codes,
        Shape weight,
        double[]? scales,
        Tensor<float>? bias,
        Conv2dOptions options,
        int pixels = 1
    )
    {
        DecodeCodes.OutputShape(codebook.Shape, codes.Shape, weight);
        Shapes.Rank("Conv2d", "weight [O, I, kH, kW]", weight, 4);
        Shapes.Vector("Conv2d", "bias", bias?.Shape, weight[0]);
        Shapes.Vector("Conv2d", "scales", scales is null ? null : [scales.Length], weight[0]);
        Shapes.SameDevice("Conv2d", codebook.Device, codes, bias);
        var host = (HostDevice)codebook.Device;
        CheckPixels(weight, options, pixels);
        var plan = new Conv2dPlan(host, weight, options, pixels: pixels);
        if (plan.IsDepthwise || plan.IsGrouped)
            return FromDecoded(codebook, codes, weight, scales, bias, options);
        int width = PanelWidth(host),
            outChannels = plan.GroupOutChannels,
            panelsCount = Panels.Count(outChannels, plan.TermCount, width),
            d = codebook.Shape[1];
        plan.packed = Tensor<float>.Rent(host, [options.Groups, panelsCount]);
        plan.packedBias = PackBias(host, bias, options.Groups, outChannels, width);
        fixed (double* scale = scales)
            for (int group = 0; group < options.Groups; group++)
            {
                nint first = (nint)group * outChannels;
                CodePanels.Pack(
                    host,
                    codebook.Pointer,
                    d,
                    codes.Pointer + (first * plan.TermCount / d),
                    scale == null ? null : scale + first,
                    outChannels,
                    weight[1] / pixels,
                    plan.TapCount * pixels,
                    width,
                    plan.packed.Pointer + ((nint)group * panelsCount)
                );
            }

        return plan;
    }
}
