using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Gathered;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Depthwise;

/// <summary>A pointwise convolution beside a depthwise one, as the kernel takes it that runs both.</summary>
/// <param name="inChannels">K.</param>
/// <param name="outChannels">O.</param>
/// <param name="panels">Packed weights; null where there is no such convolution.</param>
/// <param name="bias">[O], padded to whole panels, or null.</param>
/// <param name="tail">Applied last.</param>
readonly unsafe struct PointwisePart(int inChannels, int outChannels, float* panels, float* bias, HostTail tail)
{
    readonly float* panels = panels,
        bias = bias;
    readonly HostTail tail = tail;

    /// <summary>K.</summary>
    public readonly int InChannels = inChannels;

    /// <summary>O.</summary>
    public readonly int OutChannels = outChannels;

    /// <summary>Whether there is such a convolution.</summary>
    public bool IsThere => panels != null;

    /// <summary>The convolution of pixels that lie one after another.</summary>
    /// <param name="x">[pixels, K].</param>
    /// <param name="pixels">How many.</param>
    /// <param name="residual">[pixels, O] that is added, or null.</param>
    /// <param name="y">[pixels, O].</param>
    /// <param name="scratch">See <see cref="Devices.HostDevice.Scratch"/>.</param>
    /// <param name="thread">The thread that runs it.</param>
    public void Run<S, V>(float* x, int pixels, float* residual, float* y, byte* scratch, int thread)
        where S : struct, ISimd<V>
        where V : unmanaged => Run<S, V>(x, pixels, 0, OutChannels, residual, y, scratch, thread);

    /// <summary>As above, of some of the O channels.</summary>
    /// <param name="x">[pixels, K].</param>
    /// <param name="pixels">How many.</param>
    /// <param name="channel">The first channel, a multiple of a panel's.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="residual">[pixels, end − channel] that is added, or null.</param>
    /// <param name="y">[pixels, end − channel].</param>
    /// <param name="scratch">See <see cref="Devices.HostDevice.Scratch"/>.</param>
    /// <param name="thread">The thread that runs it.</param>
    public void Run<S, V>(float* x, int pixels, int channel, int end, float* residual, float* y, byte* scratch, int thread)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        var geometry = new ConvGeometry(1, 1, pixels, InChannels, OutChannels, 1, 1, default, 1, 1);
        bool isPart = end - channel < OutChannels;
        var product = new Product<S, V, RowLayout, ConvRows>(
            Product<S, V, RowLayout, ConvRows>.Sizes(pixels, end - channel, InChannels, S.TileRows, threads: 1, ownPanels: isPart),
            new ConvRows(geometry, x, 0),
            panels + ((nint)channel * InChannels),
            y,
            end - channel,
            scratch
        )
        {
            Bias = bias == null ? null : bias + channel,
            Residual = residual,
            Tail = tail,
        };
        for (int item = 0; item < product.ItemCount; item++)
            product.Invoke(item, thread);
    }
}
