using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Convolution.Gathered;
using Pqf.Tensors.Ops.Convolution.Winograd;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution;

public sealed partial class Conv2dPlan
{
    // Up to so many output channels a group, tiles of 64 columns would mostly multiply zeros.
    internal const int NarrowChannels = 16;

    Tensor<float> gpuWeight = null!;
    Tensor<float>? gpuBias;

    void PackGpu(GpuDevice gpu, Tensor<float> weight, Tensor<float>? bias)
    {
        var (o, i, taps) = (weight.Shape[0], weight.Shape[1] / pixels, weight.Shape[2] * weight.Shape[3] * pixels);
        if (algorithm == ConvAlgorithm.Winograd4)
            gpuWeight = GpuWinograd.Weights(gpu, weight);
        else
        {
            gpuWeight = Tensor<float>.Rent(gpu, [taps, i, o]);
            gpu.Launch(weight.Shape.Count, new Pack(weight.View, gpuWeight.View, o, i, taps));
        }

        if (bias is null)
            return;
        gpuBias = Tensor<float>.Rent(gpu, [o]);
        gpu.Launch(o, new Copy(bias.View, gpuBias.View));
    }

    void RunGpu(GpuDevice gpu, ConvGeometry geometry, Tensor<float> x, Tensor<float>? residual, Tail tail, Tensor<float> y)
    {
        var terms = Epilogues.Of(gpuBias, residual, tail);
        var output = new TileOutput(
            y.View,
            (gpuBias ?? y).View,
            (residual ?? y).View,
            geometry.OutPixels,
            geometry.GroupOutChannels,
            geometry.OutChannels,
            terms,
            tail.Low,
            tail.High
        );
        var runs = TapRuns.Of(geometry);
        if (algorithm == ConvAlgorithm.Winograd4)
            GpuWinograd.Run(gpu, geometry, x, gpuWeight, output);
        else if (geometry.GroupOutChannels <= NarrowChannels || !runs.IsExact)
            gpu.Launch(y.Shape.Count, new Kernel(x.View, gpuWeight.View, output, geometry));
        else
            RunTiles(
                gpu,
                new ProductSize(geometry.OutPixels, geometry.GroupOutChannels, geometry.Groups, geometry.Taps),
                geometry,
                runs,
                x,
                output
            );
        tail.Finish(y);
    }

    void RunTiles(GpuDevice gpu, ProductSize size, ConvGeometry g, TapRuns runs, Tensor<float> x, TileOutput output)
    {
        bool isWhole = g.GroupInChannels % 4 == 0 && g.GroupOutChannels % 4 == 0;
        var weights = new TermRows(gpuWeight.View, size.Terms, size.Columns, g.OutChannels);
        GpuTileProducts.Run(gpu, size.Choice, size, isWhole, new GatheredRows(x.View, runs), weights, output);
    }

    /// <summary>One weight moved from [O, I, taps] to [taps, I, O], so that neighbouring work items read neighbouring weights.</summary>
    internal readonly struct Pack(ArrayView<float> weight, ArrayView<float> packed, int outChannels, int inChannels, int taps) : IKernel
    {
        public void Invoke(int index)
        {
            int o = index % outChannels,
                i = index / outChannels % inChannels,
                tap = index / outChannels / inChannels;
            packed[index] = weight[(((o * inChannels) + i) * taps) + tap];
        }
    }

    /// <summary>One value copied.</summary>
    internal readonly struct Copy(ArrayView<float> source, ArrayView<float> destination) : IKernel
    {
        public void Invoke(int index) => destination[index] = source[index];
    }

    /// <summary>One output value of a narrow convolution; neighbours are neighbouring channels of one pixel: they share x and read
    /// neighbouring weights.</summary>
    /// <remarks>
    /// 2·taps·I operations for each output on at least 4 bytes for each input, weight and output: bound by memory for depthwise
    /// convolutions (9 taps, I = 1);
    /// with wide inputs by the cache, at two loads for each two operations.
    /// </remarks>
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> weight, TileOutput output, ConvGeometry g) : IKernel
    {
        public void Invoke(int index)
        {
            int o = index % g.OutChannels,
                pixel = index / g.OutChannels;
            int ox = pixel % g.OutW,
                oy = pixel / g.OutW % g.OutH,
                n = pixel / g.OutW / g.OutH;
            int first = o / g.GroupOutChannels * g.GroupInChannels;
            float sum = 0f;
            for (int a = 0; a < g.Kernel.H; a++)
            {
                int iy = g.InputRow(oy, a);
                for (int b = 0; b < g.Kernel.W; b++)
                {
                    int ix = g.InputColumn(ox, b);
                    if (iy >= 0 && iy < g.H && ix >= 0 && ix < g.W)
                        sum += Products(g.InputAt(n, iy, ix) + first, ((((a * g.Kernel.W) + b) * g.GroupInChannels) * g.OutChannels) + o);
                }
            }

            output.Store(index, sum);
        }

        float Products(int xAt, int weightAt)
        {
            float sum = 0f;
            for (int i = 0; i < g.GroupInChannels; i++)
                sum += x[xAt + i] * weight[weightAt + (i * g.OutChannels)];
            return sum;
        }
    }
}
