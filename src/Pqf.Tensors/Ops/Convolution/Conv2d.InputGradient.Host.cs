using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Depthwise;
using Pqf.Tensors.Ops.Convolution.Gathered;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Convolution;

public static partial class Conv2d
{
    static unsafe void InputGradientHost(HostDevice host, ConvGeometry g, Tensor<float> weight, Tensor<float> dy, Tensor<float> dx)
    {
        var padding = GradientPadding(g.Kernel, g.Padding, g.Dilation);
        if (g.IsPointwise)
        {
            Conv2dPlan.Flipped(weight, new Conv2dOptions(), ConvAlgorithm.Gathered).ForwardInto(dy, null, Tail.None, dx);
            return;
        }

        if (g.Stride == 1 && padding.H >= 0 && padding.W >= 0)
        {
            // A convolution like any other, by whichever algorithm suits it.
            var flipped = FlippedWeights.Of(host, g, weight, InputPhase.Of(g, 0, 0));
            Conv2dPlan
                .Create(
                    flipped,
                    null,
                    new Conv2dOptions
                    {
                        Padding = padding,
                        Dilation = g.Dilation,
                        Groups = g.Groups,
                    }
                )
                .ForwardInto(dy, null, Tail.None, dx);
            return;
        }

        if (DepthwiseGeometry.Fits(g))
        {
            DepthwiseInputGradient.Run(host, g, weight.Pointer, dy.Pointer, dx.Pointer);
            return;
        }

        InputPhase[] phases =
        [
            .. from row in Enumerable.Range(0, Math.Min(g.H, g.Stride.H))
            from column in Enumerable.Range(0, Math.Min(g.W, g.Stride.W))
            select InputPhase.Of(g, row, column),
        ];
        if (phases.Any(phase => phase.TapCount == 0))
            dx.Storage.Clear(); // pixels that no tap reaches
        foreach (var phase in phases.Where(phase => phase.TapCount > 0))
            if (host.Width == VectorWidth.Bits512)
                PhaseGradient<Simd512, Vector512<float>>(host, g, phase, weight, dy, dx);
            else
                PhaseGradient<Simd256, Vector256<float>>(host, g, phase, weight, dy, dx);
    }

    static unsafe void PhaseGradient<S, V>(
        HostDevice host,
        ConvGeometry g,
        InputPhase phase,
        Tensor<float> weight,
        Tensor<float> dy,
        Tensor<float> dx
    )
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        using var scope = host.BeginScope();
        using var panels = new Workspace<float>(host, PhaseProduct<S, V>.PanelsCount(g, phase));
        PhaseProduct<S, V>.Pack(host, g, phase, weight, panels.Pointer);
        PhaseProduct<S, V>.Run(host, g, phase, panels.Pointer, null, Tail.None, dy.Pointer, dx.Pointer);
    }
}
