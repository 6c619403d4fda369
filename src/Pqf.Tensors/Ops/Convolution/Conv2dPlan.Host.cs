using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Gathered;
using Pqf.Tensors.Ops.Convolution.Winograd;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution;

public sealed partial class Conv2dPlan
{
    /// <summary>Panels of each group's weights, one group after another.</summary>
    Tensor<float> packed = null!;

    /// <summary>Each group's bias, padded to whole panels.</summary>
    Tensor<float>? packedBias;

    /// <summary>Null if there is none.</summary>
    unsafe float* PackedBias => packedBias is null ? null : packedBias.Pointer;

    int GroupOutChannels => weightShape[0] / options.Groups;

    int TapCount => weightShape[2] * weightShape[3];

    int TermCount => weightShape[1] * TapCount;

    unsafe void PackHost(Tensor<float> weight, Tensor<float>? bias)
    {
        var host = (HostDevice)device;
        if (IsDepthwise)
        {
            PackDepthwise(host, weight, bias);
            return;
        }

        if (IsGrouped)
        {
            PackGrouped(host, weight, bias);
            return;
        }

        int width = PanelWidth(host),
            outChannels = GroupOutChannels,
            panelsCount = Panels.Count(outChannels, TermCount, width);
        packedBias = PackBias(host, bias, options.Groups, outChannels, width);
        if (algorithm != ConvAlgorithm.Gathered)
        {
            PackWinograd(host, weight, KernelOrder.AsStored);
            return;
        }

        packed = Tensor<float>.Rent(device, [options.Groups, panelsCount]);
        for (int group = 0; group < options.Groups; group++)
        {
            int first = group * outChannels;
            Panels.FromWeights(
                host,
                weight.Pointer + ((nint)first * TermCount),
                outChannels,
                weightShape[1] / pixels,
                TapCount * pixels,
                width,
                packed.Pointer + ((nint)group * panelsCount)
            );
        }
    }

    /// <summary>Output channels of a panel of packed weights.</summary>
    internal static int PanelWidth(HostDevice host) => 2 * host.Lanes;

    static unsafe Tensor<float>? PackBias(HostDevice host, Tensor<float>? bias, int groups, int outChannels, int width)
    {
        if (bias is null)
            return null;
        int count = Panels.Count(outChannels, 1, width);
        var packed = Tensor<float>.Zeros(host, [groups, count]);
        for (int group = 0; group < groups; group++)
            Floats.Copy(bias.Pointer + (group * outChannels), packed.Pointer + (group * count), outChannels);
        return packed;
    }

    void RunHost(
        HostDevice host,
        ConvGeometry g,
        Tensor<float> x,
        Tensor<float>? scale,
        Tensor<float>? residual,
        Tail tail,
        Tensor<float> y
    )
    {
        if (host.Width == VectorWidth.Bits512)
            RunHost<Simd512, Vector512<float>>(host, g, x, scale, residual, tail, y);
        else
            RunHost<Simd256, Vector256<float>>(host, g, x, scale, residual, tail, y);
    }

    unsafe void RunHost<S, V>(
        HostDevice host,
        ConvGeometry g,
        Tensor<float> x,
        Tensor<float>? scale,
        Tensor<float>? residual,
        Tail tail,
        Tensor<float> y
    )
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        if (algorithm != ConvAlgorithm.Gathered)
        {
            RunWinograd<S, V>(host, g, x, residual, tail, y);
            return;
        }

        if (IsGrouped)
        {
            RunGrouped<S, V>(host, g, x, residual, tail, y);
            return;
        }

        if (g.Groups > 1)
            RunGroups<S, V>(host, g, x, residual, tail, y);
        else if (scale is null && StemRows.Fits(g))
            RunProduct<S, V, StemLayout, StemRows>(host, g, new StemRows(g, x.Pointer), g.OutW, residual, tail, y);
        else
            RunProduct<S, V, RowLayout, ConvRows>(host, g, Rows(g, x, scale), 0, residual, tail, y);
    }

    static unsafe ConvRows Rows(ConvGeometry g, Tensor<float> x, Tensor<float>? scale) =>
        new(g, x.Pointer, group: 0)
        {
            Scale = scale is null ? null : scale.Pointer,
            ScaleStride = scale is null || scale.Shape[0] == 1 ? 0 : g.InChannels,
        };

    unsafe void RunProduct<S, V, L, TRows>(
        HostDevice host,
        ConvGeometry g,
        TRows rows,
        int line,
        Tensor<float>? residual,
        Tail tail,
        Tensor<float> y
    )
        where S : struct, ISimd<V>
        where V : unmanaged
        where L : struct, ITileLayout
        where TRows : unmanaged, ITileRows
    {
        var sizes = Product<S, V, L, TRows>.Sizes(g.OutPixels, g.OutChannels, g.Taps, S.TileRows, host.ThreadCount, line: line);
        var product = new Product<S, V, L, TRows>(sizes, rows, packed.Pointer, y.Pointer, g.OutChannels, host.Scratch)
        {
            Bias = PackedBias,
            Residual = residual is null ? null : residual.Pointer,
            Tail = tail.Host,
        };
        host.For(product.ItemCount, product);
    }

    /// <summary>This first convolution as a kernel takes it that computes some rows at a time.</summary>
    internal unsafe StemPart AsStem(Tensor<float> x, HostTail tail) =>
        new(Conv2d.Geometry(x.Shape, weightShape, options), x.Pointer, packed.Pointer, PackedBias, tail, algorithm);

    unsafe void RunGroups<S, V>(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float>? residual, Tail tail, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        // Enough groups for all threads: no group is cut for the sake of balance.
        int threads = g.Groups >= host.ThreadCount ? 1 : host.ThreadCount;
        var sizes = Product<S, V, RowLayout, ConvRows>.Sizes(g.OutPixels, g.GroupOutChannels, g.Taps, S.TileRows, threads);
        var products = new GroupProducts<S, V>(g, sizes, x.Pointer, packed.Pointer, y.Pointer, host.Scratch)
        {
            Bias = PackedBias,
            Residual = residual is null ? null : residual.Pointer,
            Tail = tail.Host,
        };
        host.For(products.ItemCount, products);
    }
}
