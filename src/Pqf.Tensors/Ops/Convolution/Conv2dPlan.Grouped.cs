using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Grouped;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution;

public sealed partial class Conv2dPlan
{
    bool IsGrouped => device is HostDevice host && GroupedSizes.Fits(host, weightShape, options);

    /// <summary>Blocks of a vector of output channels, each [taps, C / groups, lanes], one after another; and a bias [O], if there is
    /// one.</summary>
    unsafe void PackGrouped(HostDevice host, Tensor<float> weight, Tensor<float>? bias)
    {
        int channels = weightShape[0],
            size = weightShape[1],
            taps = TapCount,
            lanes = host.Lanes;
        packed = Tensor<float>.Rent(host, weightShape);
        packedBias = bias is null ? null : Tensor<float>.From(host, bias.Shape, bias.ToArray());
        for (int first = 0; first < channels; first += lanes)
        {
            int width = Math.Min(lanes, channels - first);
            float* to = packed.Pointer + ((nint)first * TermCount),
                from = weight.Pointer + ((nint)first * TermCount);
            for (int tap = 0; tap < taps; tap++)
            for (int j = 0; j < size; j++)
            for (int lane = 0; lane < width; lane++)
                *to++ = from[((nint)lane * TermCount) + (j * taps) + tap];
        }
    }

    unsafe void RunGrouped<S, V>(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float>? residual, Tail tail, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        var sizes = new GroupedSizes(g, S.Count);
        var rows = new GroupedRows<S, V>(sizes, x.Pointer, packed.Pointer, PackedBias, y.Pointer, host.Scratch)
        {
            Residual = residual is null ? null : residual.Pointer,
            Tail = tail.Host,
        };
        host.For(sizes.ItemCount, rows);
    }
}
