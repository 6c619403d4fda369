using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution.Winograd;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>A first convolution, some rows of its value at a time.</summary>
/// <param name="g">The convolution, of all images.</param>
/// <param name="x">[N, H, W, C].</param>
/// <param name="panels">Packed weights.</param>
/// <param name="bias">[O], padded to whole panels, or null.</param>
/// <param name="tail">Applied last.</param>
/// <param name="algorithm">How it is computed: gathered or by Winograd on its phases.</param>
readonly unsafe struct StemPart(ConvGeometry g, float* x, float* panels, float* bias, HostTail tail, ConvAlgorithm algorithm)
{
    /// <summary>Rows of an image's value.</summary>
    public int Rows => g.OutH;

    /// <summary>Rows that are computed together: parts that begin and end at a multiple of them compute nothing in vain.</summary>
    public int RowStep => algorithm == ConvAlgorithm.WinogradStem ? StemPoints.M : 1;

    /// <summary>Floats of a row of the value.</summary>
    public nint RowFloats => (nint)g.OutW * g.OutChannels;

    /// <summary>Computes rows.</summary>
    /// <param name="n">The image.</param>
    /// <param name="first">The first row.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="y">Where the first row goes; the others follow it.</param>
    /// <param name="scratch">See <see cref="HostDevice.Scratch"/>.</param>
    /// <param name="thread">The thread that runs it.</param>
    public void Run<S, V>(int n, int first, int end, float* y, byte* scratch, int thread)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        if (algorithm == ConvAlgorithm.WinogradStem)
        {
            float* memory = (float*)(scratch + ((long)thread * HostDevice.ScratchSizeBytes));
            new StemTiles<S, V>(g, x, panels) { Bias = bias, Tail = tail }.Run(n, first, end, y, null, memory);
            return;
        }

        int pixels = (end - first) * g.OutW;
        var product = new Product<S, V, StemLayout, RowsFrom<StemRows>>(
            Product<S, V, StemLayout, RowsFrom<StemRows>>.Sizes(pixels, g.OutChannels, g.Taps, S.TileRows, threads: 1, line: g.OutW),
            new(new StemRows(g, x), ((n * g.OutH) + first) * g.OutW),
            panels,
            y,
            g.OutChannels,
            scratch
        )
        {
            Bias = bias,
            Tail = tail,
        };
        for (int item = 0; item < product.ItemCount; item++)
            product.Invoke(item, thread);
    }
}
