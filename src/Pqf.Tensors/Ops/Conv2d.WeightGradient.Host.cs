using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Conv2d
{
    static void WeightGradientHost(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float> dy, ConvAlgorithm algorithm, Tensor<float> dWeight)
    {
        if (host.Width == VectorWidth.Bits512)
            WeightGradientHost<Simd512, Vector512<float>>(host, g, x, dy, algorithm, dWeight);
        else
            WeightGradientHost<Simd256, Vector256<float>>(host, g, x, dy, algorithm, dWeight);
    }

    static unsafe void WeightGradientHost<S, V>(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float> dy, ConvAlgorithm algorithm, Tensor<float> dWeight)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        if (algorithm == ConvAlgorithm.Winograd4)
        {
            WinogradGradient<S, V>.Run(host, g, x.Pointer, dy.Pointer, dWeight.Pointer);
            return;
        }

        var sizes = PixelSizes.Create(g.OutPixels, g.Taps, g.GroupOutChannels, S.TileRows, 2 * S.Count, host.ThreadCount);
        using var sums = new Workspace<float>(host, (long)sizes.Parts * sizes.SumCount);
        for (int group = 0; group < g.Groups; group++)
        {
            var product = new PixelProduct<S, V, ConvColumns>(
                sizes, new ConvColumns(g, x.Pointer, group), dy.Pointer + (group * g.GroupOutChannels), g.OutChannels, sums.Pointer, host.Scratch);
            host.For(product.ItemCount, product);
            float* to = dWeight.Pointer + ((nint)group * g.GroupOutChannels * g.Taps);
            host.For(AddParts.ItemCount(sizes), new AddParts(sizes, sums.Pointer, g.GroupInChannels, g.Kernel.H * g.Kernel.W, to));
        }
    }
}
