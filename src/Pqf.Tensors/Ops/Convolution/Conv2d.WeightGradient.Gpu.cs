using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Convolution.Gathered;
using Pqf.Tensors.Ops.Convolution.Winograd;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Normalisation;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution;

public static partial class Conv2d
{
    // The sums run over all pixels of all images while weights are few: only in many parts do they fill a card.
    internal const int MostWeightParts = 512;

    static void WeightGradientGpu(
        GpuDevice gpu,
        ConvGeometry g,
        Tensor<float> x,
        Tensor<float> dy,
        ConvAlgorithm algorithm,
        Tensor<float> dWeight
    )
    {
        if (algorithm == ConvAlgorithm.Winograd4)
        {
            GpuWinogradGradient.Run(gpu, g, x, dy, dWeight);
            return;
        }

        if (g.GroupOutChannels <= Conv2dPlan.NarrowChannels || g.Taps <= Conv2dPlan.NarrowChannels || !PixelTerms.IsExact(g))
        {
            int parts = Division.Ceil(g.OutPixels, WeightGradientKernel.PartPixels);
            var sums = Tensor<float>.Rent(gpu, [parts, dWeight.Shape.Count]);
            gpu.Launch(sums.Shape.Count, new WeightGradientKernel(x.View, dy.View, sums.View, g));
            Reduce.SumRowsInto(sums, dWeight.Reshape([dWeight.Shape.Count]));
            return;
        }

        bool isInPlace = g.Kernel == 1 && g.Groups == 1; // [O, taps, I] is then [O, I, taps]
        var products = isInPlace ? dWeight : Tensor<float>.Rent(gpu, [g.GroupOutChannels, g.Groups * g.Taps]);
        GpuTileProducts.Run(
            gpu,
            TileChoice.Of(g.GroupOutChannels, g.Taps, g.Groups, g.OutPixels, MostWeightParts),
            new ProductSize(g.GroupOutChannels, g.Taps, g.Groups, g.OutPixels),
            g.GroupOutChannels % 4 == 0 && g.GroupInChannels % 4 == 0,
            new TermRows(dy.View, g.OutPixels, g.GroupOutChannels, g.OutChannels),
            new PixelTerms(x.View, g),
            TileOutput.Of(products.Reshape([g.GroupOutChannels, g.Groups * g.Taps]), null, Tail.None, g.Taps)
        );
        if (!isInPlace)
            gpu.Launch(dWeight.Shape.Count, new UnpackWeights(products.View, dWeight.View, g));
    }

    /// <summary>One weight moved from [O / groups, groups, taps, I] to [O, I, taps].</summary>
    internal readonly struct UnpackWeights(ArrayView<float> products, ArrayView<float> dWeight, ConvGeometry g) : IKernel
    {
        public void Invoke(int index)
        {
            int taps = g.Kernel.H * g.Kernel.W,
                tap = index % taps,
                i = index / taps % g.GroupInChannels,
                o = index / taps / g.GroupInChannels,
                group = o / g.GroupOutChannels;
            int row = o - (group * g.GroupOutChannels);
            dWeight[index] = products[(((row * g.Groups) + group) * g.Taps) + (tap * g.GroupInChannels) + i];
        }
    }

    /// <summary>One weight's products, of a narrow convolution, over one part of the output pixels; neighbours are neighbouring taps of one
    /// output channel: they share dy.</summary>
    /// <remarks>2 operations for each pixel and weight; without tiles in shared memory it is bound by the cache, at two loads for each two
    /// operations.</remarks>
    internal readonly struct WeightGradientKernel(ArrayView<float> x, ArrayView<float> dy, ArrayView<float> sums, ConvGeometry g) : IKernel
    {
        public const int PartPixels = 1024;

        public void Invoke(int index)
        {
            int weights = g.OutChannels * g.Taps,
                weight = index % weights,
                first = index / weights * PartPixels,
                end = Math.Min(first + PartPixels, g.OutPixels);
            int b = weight % g.Kernel.W,
                a = weight / g.Kernel.W % g.Kernel.H,
                i = weight / g.Kernel.W / g.Kernel.H % g.GroupInChannels,
                o = weight / g.Taps;
            int channel = (o / g.GroupOutChannels * g.GroupInChannels) + i;
            float sum = 0f;
            for (int pixel = first; pixel < end; pixel++)
            {
                int iy = g.InputRow(pixel / g.OutW % g.OutH, a),
                    ix = g.InputColumn(pixel % g.OutW, b);
                if (iy >= 0 && iy < g.H && ix >= 0 && ix < g.W)
                    sum += dy[(pixel * g.OutChannels) + o] * x[g.InputAt(pixel / g.OutW / g.OutH, iy, ix) + channel];
            }

            sums[index] = sum;
        }
    }
}
