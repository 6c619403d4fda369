using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public sealed partial class Conv2dPlan
{
    /// <summary>Panels of each group's weights, one group after another.</summary>
    Tensor<float> packed = null!;

    /// <summary>Each group's bias, padded to whole panels.</summary>
    Tensor<float>? packedBias;

    int GroupOutChannels => weightShape[0] / options.Groups;

    int TapCount => weightShape[2] * weightShape[3];

    int TermCount => weightShape[1] * TapCount;

    unsafe void PackHost(Tensor<float> weight, Tensor<float>? bias)
    {
        var host = (HostDevice)device;
        int width = host.Width == VectorWidth.Bits512 ? 2 * Simd512.Count : 2 * Simd256.Count;
        int outChannels = GroupOutChannels, panelsCount = Panels.Count(outChannels, TermCount, width), biasCount = Panels.Count(outChannels, 1, width);
        packedBias = bias is null ? null : Tensor<float>.Zeros(device, [options.Groups, biasCount]);
        for (int group = 0; group < options.Groups && bias is not null; group++)
            Floats.Copy(bias.Pointer + (group * outChannels), packedBias!.Pointer + (group * biasCount), outChannels);
        if (algorithm != ConvAlgorithm.Gathered)
        {
            PackWinograd(host, weight);
            return;
        }

        packed = Tensor<float>.Rent(device, [options.Groups, panelsCount]);
        for (int group = 0; group < options.Groups; group++)
            Panels.FromWeights(host, weight.Pointer + ((nint)group * outChannels * TermCount), outChannels, weightShape[1], TapCount, width, packed.Pointer + ((nint)group * panelsCount));
    }

    void RunHost(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float>? residual, Activation activation, Tensor<float> y)
    {
        if (host.Width == VectorWidth.Bits512)
            RunHost<Simd512, Vector512<float>>(host, g, x, residual, activation, y);
        else
            RunHost<Simd256, Vector256<float>>(host, g, x, residual, activation, y);
    }

    unsafe void RunHost<S, V>(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float>? residual, Activation activation, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        if (algorithm != ConvAlgorithm.Gathered)
        {
            RunWinograd<S, V>(host, g, x, residual, activation, y);
            return;
        }

        int stemRows = StemRows.TileRows(g, S.TileRows);
        if (stemRows > 0)
            RunGroup<S, V, StemLayout, StemRows>(host, g, new StemRows(g, x.Pointer), stemRows, 0, residual, activation, y);
        else
            for (int group = 0; group < g.Groups; group++)
                RunGroup<S, V, RowLayout, ConvRows>(host, g, new ConvRows(g, x.Pointer, group), S.TileRows, group, residual, activation, y);
    }

    unsafe void RunGroup<S, V, L, TRows>(
        HostDevice host, ConvGeometry g, TRows rows, int tileRows, int group, Tensor<float>? residual, Activation activation, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
        where L : struct, ITileLayout
        where TRows : unmanaged, ITileRows
    {
        int first = group * g.GroupOutChannels;
        var sizes = Product<S, V, L, TRows>.Sizes(g.OutPixels, g.GroupOutChannels, g.Taps, tileRows, host.ThreadCount);
        float* panels = packed.Pointer + (group * (nint)packed.Shape[1]);
        var product = new Product<S, V, L, TRows>(sizes, rows, panels, y.Pointer + first, g.OutChannels, host.Scratch)
        {
            Bias = packedBias is null ? null : packedBias.Pointer + (group * packedBias.Shape[1]),
            Residual = residual is null ? null : residual.Pointer + first,
            Relu = activation == Activation.Relu,
        };
        host.For(product.ItemCount, product);
    }
}
