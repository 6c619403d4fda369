using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Gathered;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Transposed;

public sealed partial class ConvTranspose2dPlan
{
    /// <summary>Panels of the taps that reach each phase of the output's pixels, phase after phase.</summary>
    Tensor<float> packed = null!;

    /// <summary>Padded to whole panels.</summary>
    Tensor<float>? packedBias;

    /// <summary>The convolution over an output of one pixel for each phase: what packing needs to know.</summary>
    ConvGeometry Pattern =>
        new(
            1,
            options.Stride.H,
            options.Stride.W,
            weightShape[1],
            weightShape[0],
            new Pair(weightShape[2], weightShape[3]),
            options.Stride,
            options.Padding,
            1,
            1
        );

    void PackHost(HostDevice host, Tensor<float> weight, Tensor<float>? bias)
    {
        if (host.Width == VectorWidth.Bits512)
            PackHost<Simd512, Vector512<float>>(host, weight, bias);
        else
            PackHost<Simd256, Vector256<float>>(host, weight, bias);
    }

    unsafe void PackHost<S, V>(HostDevice host, Tensor<float> weight, Tensor<float>? bias)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        var pattern = Pattern;
        int count = 0;
        for (int row = 0; row < pattern.H; row++)
        for (int column = 0; column < pattern.W; column++)
            count += PhaseProduct<S, V>.PanelsCount(pattern, InputPhase.Of(pattern, row, column));
        packed = Tensor<float>.Rent(host, [count]);
        using (host.BeginScope())
        {
            float* panels = packed.Pointer;
            for (int row = 0; row < pattern.H; row++)
            for (int column = 0; column < pattern.W; column++)
            {
                var phase = InputPhase.Of(pattern, row, column);
                PhaseProduct<S, V>.Pack(host, pattern, phase, weight, panels);
                panels += PhaseProduct<S, V>.PanelsCount(pattern, phase);
            }
        }

        if (bias is null)
            return;
        packedBias = Tensor<float>.Zeros(host, [Panels.Count(bias.Shape.Count, 1, 2 * S.Count)]);
        Floats.Copy(bias.Pointer, packedBias.Pointer, bias.Shape.Count);
    }

    void RunHost(HostDevice host, ConvGeometry g, Tensor<float> x, Tail tail, Tensor<float> y)
    {
        if (host.Width == VectorWidth.Bits512)
            RunHost<Simd512, Vector512<float>>(host, g, x, tail, y);
        else
            RunHost<Simd256, Vector256<float>>(host, g, x, tail, y);
    }

    unsafe void RunHost<S, V>(HostDevice host, ConvGeometry g, Tensor<float> x, Tail tail, Tensor<float> y)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        float* panels = packed.Pointer,
            bias = packedBias is null ? null : packedBias.Pointer;
        for (int row = 0; row < g.Stride.H; row++)
        for (int column = 0; column < g.Stride.W; column++)
        {
            var phase = InputPhase.Of(g, row, column);
            if (row < g.H && column < g.W)
                PhaseProduct<S, V>.Run(host, g, phase, panels, bias, tail, x.Pointer, y.Pointer);
            panels += PhaseProduct<S, V>.PanelsCount(g, phase);
        }
    }
}
