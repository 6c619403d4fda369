using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>The gradient of a convolution's input at the pixels of one phase, or a transposed convolution's output there: a convolution at
/// stride 1 whose results lie a stride apart.</summary>
static unsafe class PhaseProduct<S, V>
    where S : struct, ISimd<V>
    where V : unmanaged
{
    const int Width = 2;

    /// <summary>Floats of the panels of all groups.</summary>
    public static int PanelsCount(ConvGeometry g, InputPhase phase) => g.Groups * GroupCount(g, phase);

    /// <summary>Packs the taps that reach the phase.</summary>
    /// <param name="host">Whose innermost scope holds the flipped weights.</param>
    /// <param name="g">The convolution.</param>
    /// <param name="phase">Of its input's pixels.</param>
    /// <param name="weight">[O, C / groups, kH, kW].</param>
    /// <param name="panels">Room for <see cref="PanelsCount"/>.</param>
    public static void Pack(HostDevice host, ConvGeometry g, InputPhase phase, Tensor<float> weight, float* panels)
    {
        if (g.Kernel == 1 && g.Groups == 1)
        {
            if (phase.TapCount > 0)
                Panels.FromRows(host, weight.Pointer, g.InChannels, g.InChannels, g.OutChannels, Width * S.Count, panels);
            return;
        }

        var flipped = FlippedWeights.Of(host, g, weight, phase);
        int terms = phase.TapCount * g.GroupOutChannels;
        for (int group = 0; group < g.Groups; group++)
            Panels.FromWeights(
                host,
                flipped.Pointer + ((nint)group * g.GroupInChannels * terms),
                g.GroupInChannels,
                g.GroupOutChannels,
                phase.TapCount,
                Width * S.Count,
                panels + ((nint)group * GroupCount(g, phase))
            );
    }

    /// <summary>dx = tail(convᵀ(dy) + bias) at the phase's pixels.</summary>
    /// <param name="host">Where.</param>
    /// <param name="g">The convolution.</param>
    /// <param name="phase">Of its input's pixels; without taps it gives the bias alone.</param>
    /// <param name="panels">Of <see cref="Pack"/>.</param>
    /// <param name="bias">[C], padded to whole panels, of one group; or null.</param>
    /// <param name="tail">Applied last.</param>
    /// <param name="dy">[N, H', W', O].</param>
    /// <param name="dx">[N, H, W, C].</param>
    public static void Run(HostDevice host, ConvGeometry g, InputPhase phase, float* panels, float* bias, Tail tail, float* dy, float* dx)
    {
        int terms = phase.TapCount * g.GroupOutChannels;
        // No window has no taps: without terms none is read
        var over = phase.TapCount == 0 ? phase.Over(g) with { Kernel = 1 } : phase.Over(g);
        var sizes = Product<S, V, RowLayout, ConvRows>.Sizes(
            g.N * phase.Rows.Count * phase.Columns.Count,
            g.GroupInChannels,
            terms,
            S.TileRows,
            host.ThreadCount,
            line: phase.Columns.Count
        );
        for (int group = 0; group < g.Groups; group++)
        {
            var rows = new ConvRows(over, dy, group, phase.Rows.Count, phase.Columns.Count);
            float* to = dx + g.InputAt(0, phase.Rows.First, phase.Columns.First) + (group * g.GroupInChannels);
            var product = new Product<S, V, RowLayout, ConvRows>(
                sizes,
                rows,
                panels + ((nint)group * GroupCount(g, phase)),
                to,
                g.Stride.W * g.InChannels,
                host.Scratch
            )
            {
                Lines = new(phase.Columns.Count, phase.Rows.Count, (nint)g.Stride.H * g.W * g.InChannels, (nint)g.H * g.W * g.InChannels),
                Bias = bias,
                Tail = tail.Host,
            };
            host.For(product.ItemCount, product);
        }
    }

    static int GroupCount(ConvGeometry g, InputPhase phase) =>
        Panels.Count(g.GroupInChannels, phase.TapCount * g.GroupOutChannels, Width * S.Count);
}
