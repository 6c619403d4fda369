using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;

namespace Pqf.Tensors;

public static partial class Conv2d
{
    static void InputGradientHost(HostDevice host, ConvGeometry g, Tensor<float> weight, Tensor<float> dy, Tensor<float> dx)
    {
        var padding = new Pair((g.Dilation.H * (g.Kernel.H - 1)) - g.Padding.H, (g.Dilation.W * (g.Kernel.W - 1)) - g.Padding.W);
        if (g.Stride == 1 && padding.H >= 0 && padding.W >= 0)
        {
            // A convolution like any other, by whichever algorithm suits it.
            var flipped = FlippedWeights.Of(host, g, weight, InputPhase.Of(g, 0, 0));
            Conv2dPlan.Create(flipped, null, new Conv2dOptions { Padding = padding, Dilation = g.Dilation, Groups = g.Groups }).ForwardInto(dy, null, Activation.None, dx);
            return;
        }

        InputPhase[] phases = [.. from row in Enumerable.Range(0, Math.Min(g.H, g.Stride.H)) from column in Enumerable.Range(0, Math.Min(g.W, g.Stride.W)) select InputPhase.Of(g, row, column)];
        if (phases.Any(phase => phase.TapCount == 0))
            dx.Storage.Clear(); // pixels that no tap reaches
        foreach (var phase in phases.Where(phase => phase.TapCount > 0))
            if (host.Width == VectorWidth.Bits512)
                PhaseGradient<Simd512, Vector512<float>>(host, g, phase, weight, dy, dx);
            else
                PhaseGradient<Simd256, Vector256<float>>(host, g, phase, weight, dy, dx);
    }

    static unsafe void PhaseGradient<S, V>(HostDevice host, ConvGeometry g, InputPhase phase, Tensor<float> weight, Tensor<float> dy, Tensor<float> dx)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        using var scope = host.BeginScope();
        var flipped = FlippedWeights.Of(host, g, weight, phase);
        int terms = phase.TapCount * g.GroupOutChannels, width = 2 * S.Count;
        using var panels = new Workspace<float>(host, Panels.Count(g.GroupInChannels, terms, width));
        var sizes = Product<S, V, RowLayout, ConvRows>.Sizes(g.N * phase.Rows.Count * phase.Columns.Count, g.GroupInChannels, terms, S.TileRows, host.ThreadCount, line: phase.Columns.Count);
        for (int group = 0; group < g.Groups; group++)
        {
            int first = group * g.GroupInChannels;
            Panels.FromWeights(host, flipped.Pointer + ((nint)first * terms), g.GroupInChannels, g.GroupOutChannels, phase.TapCount, width, panels.Pointer);
            var rows = new ConvRows(phase.Over(g), dy.Pointer, group, phase.Rows.Count, phase.Columns.Count);
            var product = new Product<S, V, RowLayout, ConvRows>(
                sizes, rows, panels.Pointer, dx.Pointer + g.InputAt(0, phase.Rows.First, phase.Columns.First) + first, g.Stride.W * g.InChannels, host.Scratch)
            {
                Lines = new(phase.Columns.Count, phase.Rows.Count, (nint)g.Stride.H * g.W * g.InChannels, (nint)g.H * g.W * g.InChannels),
            };
            host.For(product.ItemCount, product);
        }
    }
}
