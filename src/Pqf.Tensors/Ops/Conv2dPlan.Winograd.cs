using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public sealed partial class Conv2dPlan
{
    void PackWinograd(HostDevice host, Tensor<float> weight)
    {
        switch (algorithm, host.Width)
        {
            case (ConvAlgorithm.Winograd2, VectorWidth.Bits512): PackWinograd<Winograd2<Simd512, Vector512<float>>>(host, weight, 2 * Simd512.Count); break;
            case (ConvAlgorithm.Winograd2, _): PackWinograd<Winograd2<Simd256, Vector256<float>>>(host, weight, 2 * Simd256.Count); break;
            case (_, VectorWidth.Bits512): PackWinograd<Winograd4<Simd512, Vector512<float>>>(host, weight, 2 * Simd512.Count); break;
            default: PackWinograd<Winograd4<Simd256, Vector256<float>>>(host, weight, 2 * Simd256.Count); break;
        }
    }

    unsafe void PackWinograd<T>(HostDevice host, Tensor<float> weight, int width)
        where T : struct, IWinograd
    {
        packed = Tensor<float>.Rent(device, [WinogradWeights<T>.Count(weight.Shape[0], weight.Shape[1], width)]);
        WinogradWeights<T>.Pack(host, weight.Pointer, weight.Shape[0], weight.Shape[1], width, packed.Pointer);
    }

    void RunWinograd<S, V>(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float>? residual, Activation activation, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        if (algorithm == ConvAlgorithm.Winograd2)
            RunWinograd<S, V, Winograd2<S, V>>(host, g, x, residual, activation, y);
        else
            RunWinograd<S, V, Winograd4<S, V>>(host, g, x, residual, activation, y);
    }

    unsafe void RunWinograd<S, V, T>(HostDevice host, ConvGeometry g, Tensor<float> x, Tensor<float>? residual, Activation activation, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
        where T : struct, IWinograd
    {
        var sizes = Winograd<S, V, T>.Sizes(g, host.ThreadCount);
        float* zeros = packed.Pointer + WinogradWeights<T>.ZerosAt(g.OutChannels, g.InChannels, sizes.Columns);
        new Winograd<S, V, T>(sizes, x.Pointer, packed.Pointer, zeros, y.Pointer)
        {
            Bias = packedBias is null ? null : packedBias.Pointer,
            Residual = residual is null ? null : residual.Pointer,
            Relu = activation == Activation.Relu,
        }.Run(host);
    }
}
