using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Depthwise;
using Pqf.Tensors.Ops.Convolution.Gathered;
using Pqf.Tensors.Ops.Convolution.Winograd;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution;

public static partial class Conv2d
{
    static unsafe void WeightGradientHost(
        HostDevice host,
        ConvGeometry g,
        Tensor<float> x,
        Tensor<float> dy,
        ConvAlgorithm algorithm,
        Tensor<float> dWeight
    )
    {
        if (DepthwiseGeometry.Fits(g))
            DepthwiseWeightGradient.Run(host, g, x.Pointer, dy.Pointer, dWeight.Pointer);
        else if (host.Width == VectorWidth.Bits512)
            WeightGradientHost<Simd512, Vector512<float>, ColumnLayout>(host, g, x, dy, algorithm, dWeight);
        else
            WeightGradientHost<Simd256, Vector256<float>, NarrowColumnLayout>(host, g, x, dy, algorithm, dWeight);
    }

    static unsafe void WeightGradientHost<S, V, L>(
        HostDevice host,
        ConvGeometry g,
        Tensor<float> x,
        Tensor<float> dy,
        ConvAlgorithm algorithm,
        Tensor<float> dWeight
    )
        where S : struct, ISimd<V>
        where V : unmanaged
        where L : struct, ITileLayout
    {
        if (algorithm == ConvAlgorithm.Winograd4)
        {
            WinogradGradient<S, V>.Run(host, g, x.Pointer, dy.Pointer, dWeight.Pointer);
            return;
        }

        if (g.IsPointwise)
        {
            PointwiseWeightGradient<S, V, L>(host, g, x, dy, dWeight);
            return;
        }

        var sizes = PixelSizes.Create(g.OutPixels, g.Taps, g.GroupOutChannels, S.TileRows, 2 * S.Count, host.ThreadCount);
        using var sums = new Workspace<float>(host, (long)sizes.Parts * sizes.SumCount);
        for (int group = 0; group < g.Groups; group++)
        {
            var product = new PixelProduct<S, V, L, ConvColumns<L>>(
                sizes,
                new ConvColumns<L>(g, x.Pointer, group),
                dy.Pointer + (group * g.GroupOutChannels),
                g.OutChannels,
                sums.Pointer,
                host.Scratch
            );
            host.For(product.ItemCount, product);
            float* to = dWeight.Pointer + ((nint)group * g.GroupOutChannels * g.Taps);
            host.For(AddParts.ItemCount(sizes), new AddParts(sizes, sums.Pointer, g.GroupInChannels, g.Kernel.H * g.Kernel.W, to));
        }
    }

    /// <summary>dyᵀ · x: the sums come in the order of the weights.</summary>
    static unsafe void PointwiseWeightGradient<S, V, L>(
        HostDevice host,
        ConvGeometry g,
        Tensor<float> x,
        Tensor<float> dy,
        Tensor<float> dWeight
    )
        where S : struct, ISimd<V>
        where V : unmanaged
        where L : struct, ITileLayout
    {
        var sizes = PixelSizes.Create(g.OutPixels, g.OutChannels, g.InChannels, S.TileRows, 2 * S.Count, host.ThreadCount);
        bool isDirect = sizes.Parts == 1 && sizes.SumsStride == sizes.Columns;
        using var sums = new Workspace<float>(host, isDirect ? 1 : (long)sizes.Parts * sizes.SumCount);
        var product = new PixelProduct<S, V, L, MatrixColumns<L>>(
            sizes,
            new MatrixColumns<L>(dy.Pointer, g.OutChannels),
            x.Pointer,
            g.InChannels,
            isDirect ? dWeight.Pointer : sums.Pointer,
            host.Scratch
        );
        host.For(product.ItemCount, product);
        if (!isDirect)
            host.For(AddRows.ItemCount(sizes), new AddRows(sizes, sums.Pointer, dWeight.Pointer));
    }
}
