using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Winograd;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution;

public sealed partial class Conv2dPlan
{
    /// <summary>The convolution that carries gradients back through a 3 × 3 one of stride 1, or a 1 × 1 one: its weights are those flipped
    /// and transposed, packed as they are read.</summary>
    /// <param name="weight">Of the forward convolution, [O, I, 3, 3], or on the host [O, I, 1, 1].</param>
    /// <param name="options">Of the gradient's convolution.</param>
    /// <param name="algorithm">One of Winograd's; gathered for 1 × 1.</param>
    internal static Conv2dPlan Flipped(Tensor<float> weight, Conv2dOptions options, ConvAlgorithm algorithm)
    {
        Shapes.Rank("Conv2d", "weight [O, I, kH, kW]", weight.Shape, 4);
        Shape flipped = [weight.Shape[1], weight.Shape[0], weight.Shape[2], weight.Shape[3]];
        CheckFit(weight.Device, algorithm, flipped, options);
        var plan = new Conv2dPlan(weight.Device, flipped, options, algorithm);
        if (weight.Device is GpuDevice gpu)
            plan.gpuWeight = GpuWinograd.Flipped(gpu, weight);
        else if (algorithm == ConvAlgorithm.Gathered)
            plan.PackTransposed((HostDevice)weight.Device, weight);
        else
            plan.PackWinograd((HostDevice)weight.Device, weight, KernelOrder.Flipped);
        return plan;
    }

    unsafe void PackTransposed(HostDevice host, Tensor<float> weight)
    {
        int width = PanelWidth(host);
        packed = Tensor<float>.Rent(device, [1, Panels.Count(weightShape[0], weightShape[1], width)]);
        Panels.FromRows(host, weight.Pointer, weightShape[0], weightShape[0], weightShape[1], width, packed.Pointer);
    }

    void PackWinograd(HostDevice host, Tensor<float> weight, KernelOrder order)
    {
        switch (algorithm, host.Width)
        {
            case (ConvAlgorithm.WinogradStem, _):
                PackStem(host, weight);
                break;
            case (ConvAlgorithm.Winograd2, VectorWidth.Bits512):
                PackWinograd<Winograd2<Simd512, Vector512<float>>>(host, weight, order, 2 * Simd512.Count);
                break;
            case (ConvAlgorithm.Winograd2, _):
                PackWinograd<Winograd2<Simd256, Vector256<float>>>(host, weight, order, 2 * Simd256.Count);
                break;
            case (_, VectorWidth.Bits512):
                PackWinograd<Winograd4<Simd512, Vector512<float>>>(host, weight, order, 2 * Simd512.Count);
                break;
            default:
                PackWinograd<Winograd4<Simd256, Vector256<float>>>(host, weight, order, 2 * Simd256.Count);
                break;
        }
    }

    unsafe void PackStem(HostDevice host, Tensor<float> weight)
    {
        int width = PanelWidth(host);
        packed = Tensor<float>.Rent(device, [StemWeights.Count(weightShape[0], width)]);
        StemWeights.Pack(host, weight.Pointer, weightShape[0], width, packed.Pointer);
    }

    unsafe void PackWinograd<T>(HostDevice host, Tensor<float> weight, KernelOrder order, int width)
        where T : struct, IWinograd
    {
        packed = Tensor<float>.Rent(device, [WinogradWeights<T>.Count(weightShape[0], weightShape[1], width)]);
        WinogradWeights<T>.Pack(host, weight.Pointer, order, weightShape[0], weightShape[1], width, packed.Pointer);
    }

    void RunWinograd<S, V>(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float>? residual, Tail tail, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        if (algorithm == ConvAlgorithm.WinogradStem)
            RunStem<S, V>(host, g, x, residual, tail, y);
        else if (algorithm == ConvAlgorithm.Winograd2)
            RunWinograd<S, V, Winograd2<S, V>>(host, g, x, residual, tail, y);
        else
            RunWinograd<S, V, Winograd4<S, V>>(host, g, x, residual, tail, y);
    }

    unsafe void RunStem<S, V>(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float>? residual, Tail tail, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged =>
        new StemTiles<S, V>(g, x.Pointer, packed.Pointer) { Bias = PackedBias, Tail = tail.Host }.Run(
            host,
            y.Pointer,
            residual is null ? null : residual.Pointer
        );

    unsafe void RunWinograd<S, V, T>(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float>? residual, Tail tail, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
        where T : struct, IWinograd
    {
        var sizes = WinogradConvolution<S, V, T>.Sizes(g, host.ThreadCount);
        float* zeros = packed.Pointer + WinogradWeights<T>.ZerosAt(g.OutChannels, g.InChannels, sizes.Columns);
        new WinogradConvolution<S, V, T>(sizes, x.Pointer, packed.Pointer, zeros, y.Pointer)
        {
            Bias = PackedBias,
            Residual = residual is null ? null : residual.Pointer,
            Tail = tail.Host,
        }.Run(host);
    }
}
