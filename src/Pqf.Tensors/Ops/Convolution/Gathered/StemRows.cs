using System.Runtime.CompilerServices;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>The input under neighbouring output pixels of one row, six floats from one pixel to the next: each kernel row is copied once
/// for all of them.</summary>
/// <remarks>For the first convolution: 3 channels at stride 2. Gathered pixel by pixel, it would spend more time on copies than on
/// products.</remarks>
readonly unsafe struct StemRows(ConvGeometry g, float* x) : ITileRows
{
    // The input of a tile must take no more than its gathered rows would.
    const int MostTerms = 512;

    public int Run => g.Kernel.W * g.InChannels;

    public int PrefetchStride => 0;

    /// <summary>Whether the layout and the sizes fit. No tile may span two rows of the output.</summary>
    public static bool Fits(ConvGeometry g) =>
        g.Groups == 1
        && g.Dilation.W == 1
        && g.InChannels * g.Stride.W == StemLayout.Row
        && g.Kernel.W >= g.Stride.W
        && g.Taps <= MostTerms;

    public float* Prefetch(int row, int k0) => null;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gather(int row, int rows, int k0, int k, float* tile, float* line)
    {
        int outW = g.OutW,
            n = row / (outW * g.OutH),
            oy = row / outW % g.OutH,
            ix = g.InputColumn(row % outW, 0);
        int length = Run + ((rows - 1) * StemLayout.Row);
        int from = Math.Clamp(-ix * g.InChannels, 0, length),
            to = Math.Clamp((g.W - ix) * g.InChannels, from, length);
        for (int tapRow = 0; tapRow < g.Kernel.H; tapRow++, tile += length)
        {
            int iy = g.InputRow(oy, tapRow);
            if ((uint)iy >= (uint)g.H)
            {
                Floats.Clear(tile, length);
                continue;
            }

            Floats.Clear(tile, from);
            Floats.Copy(x + g.InputAt(n, iy, ix) + from, tile + from, to - from);
            Floats.Clear(tile + to, length - to);
        }
    }
}
