using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution.Depthwise;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Quantisation;

namespace Pqf.Tensors.Ops.Convolution;

public sealed partial class Conv2dPlan
{
    bool IsDepthwise => DepthwiseGeometry.Fits(weightShape, options);

    /// <summary>[kH · kW, C], and a bias [C], zeros if there is none.</summary>
    unsafe void PackDepthwise(HostDevice host, Tensor<float> weight, Tensor<float>? bias)
    {
        int channels = weightShape[0],
            taps = TapCount;
        packed = Tensor<float>.Rent(host, [taps, channels]);
        for (int c = 0; c < channels; c++)
        for (int tap = 0; tap < taps; tap++)
            packed.Pointer[((nint)tap * channels) + c] = weight.Pointer[((nint)c * taps) + tap];
        packedBias = Tensor<float>.Zeros(host, [channels]);
        if (bias is not null)
            Products.Floats.Copy(bias.Pointer, packedBias.Pointer, channels);
    }

    /// <summary>As <see cref="FromCodes"/>; weights of small groups are small, so they are decoded as a whole.</summary>
    static Conv2dPlan FromDecoded(
        Tensor<float> codebook,
        Tensor<ushort> codes,
        Shape weight,
        double[]? scales,
        Tensor<float>? bias,
        Conv2dOptions options
    )
    {
        float[] values = DecodeCodes.Forward(codebook, codes, weight).ToArray();
        int row = values.Length / Math.Max(1, weight[0]);
        for (int i = 0; scales is not null && i < values.Length; i++)
            values[i] = (float)(values[i] * scales[i / row]);
        return Create(Tensor<float>.From(codebook.Device, weight, values), bias, options);
    }

    /// <summary>The sizes of this depthwise convolution for an input.</summary>
    internal DepthwiseGeometry DepthwiseOf(Shape x) => DepthwiseGeometry.Of(x, Conv2d.Geometry(x, weightShape, options), options);

    /// <summary>This depthwise convolution as a kernel takes it.</summary>
    internal unsafe DepthwiseRows DepthwiseRows(DepthwiseGeometry geometry, float* x, float* residual, HostTail tail, float* y) =>
        new(geometry, x, packed.Pointer, packedBias!.Pointer, y) { Residual = residual, Tail = tail };

    /// <summary>This pointwise convolution as a kernel takes it.</summary>
    internal unsafe PointwisePart AsPart(HostTail tail) => new(weightShape[1], weightShape[0], packed.Pointer, PackedBias, tail);

    unsafe void RunDepthwise(
        HostDevice host,
        DepthwiseGeometry geometry,
        Tensor<float> x,
        Tensor<float>? residual,
        Tail tail,
        Tensor<float> y
    ) => DepthwiseRows(geometry, x.Pointer, residual is null ? null : residual.Pointer, tail.Host, y.Pointer).Run(host);
}
