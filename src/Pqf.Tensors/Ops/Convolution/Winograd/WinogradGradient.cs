using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>
/// The gradient of a 3 × 3 convolution's weights as one product over all tiles for each point of the transformed tiles, the adjoint of F(4
/// × 4, 3 × 3): Gᵀ (Σ Bᵀ x B ⊙ A dy Aᵀ) G.
/// </summary>
/// <remarks>A quarter of the plain gradient's multiplications. Source: Lavin and Gray 2016 (arXiv 1509.09308), section 4, with the roles of
/// its operands exchanged.</remarks>
/// <param name="sizes">How it is cut.</param>
/// <param name="x">[N, H, W, C].</param>
/// <param name="dy">[N, H', W', O].</param>
/// <param name="zeros">A pixel of the padding.</param>
/// <param name="input">Room for the input of a chunk, [point][C / 16][tile][16].</param>
/// <param name="gradient">Room for the output's gradient, [point][O / two vectors][tile][two vectors].</param>
/// <param name="sums">[point, C, O in whole panels].</param>
readonly unsafe struct WinogradGradient<S, V>(
    WinogradGradientSizes sizes,
    float* x,
    float* dy,
    float* zeros,
    float* input,
    float* gradient,
    float* sums
)
    where S : struct, ISimd<V>
    where V : unmanaged
{
    const int Edge = WinogradGradientSizes.Edge,
        M = WinogradGradientSizes.M,
        Points = WinogradGradientSizes.Points,
        Width = WinogradGradientSizes.Width;

    // Tiles of an item of a transform, and output channels of an item of the last one.
    const int ItemTiles = 8,
        ItemOutputs = 16;

    static int OutWidth => 2 * S.Count;

    public static void Run(HostDevice host, ConvGeometry g, float* x, float* dy, float* dWeight)
    {
        var sizes = new WinogradGradientSizes(g, OutWidth, host.ThreadCount);
        using var zeros = new Workspace<float>(host, Math.Max(g.InChannels, g.OutChannels));
        using var input = new Workspace<float>(host, sizes.InputFloats);
        using var gradient = new Workspace<float>(host, sizes.GradientFloats);
        using var sums = new Workspace<float>(host, Points * sizes.PointSums);
        Floats.Clear(zeros.Pointer, Math.Max(g.InChannels, g.OutChannels));
        var product = new WinogradGradient<S, V>(sizes, x, dy, zeros.Pointer, input.Pointer, gradient.Pointer, sums.Pointer);
        for (int chunk = 0; chunk < sizes.Chunks; chunk++)
        {
            int first = sizes.FirstTile(chunk),
                count = sizes.FirstTile(chunk + 1) - first;
            host.For(2 * Division.Ceil(count, ItemTiles), new Transforms(product, first, count));
            host.For(Points * sizes.PanelItems, new Products(product, count, chunk > 0));
        }

        host.For(g.OutChannels / ItemOutputs, new Weights(product, dWeight));
    }

    /// <summary>The pixels of a square of an image; zeros beyond.</summary>
    void FindPatch(float* images, int h, int w, int channels, int n, int row, int column, int edge, float** patch)
    {
        for (int i = 0; i < edge; i++, patch += edge)
        {
            bool inside = (uint)(row + i) < (uint)h;
            float* from = images + (((((nint)n * h) + row + i) * w) + column) * channels;
            for (int j = 0; j < edge; j++, from += channels)
                patch[j] = inside && (uint)(column + j) < (uint)w ? from : zeros;
        }
    }

    /// <summary>Bᵀ x B or A dy Aᵀ of some tiles of a chunk.</summary>
    readonly struct Transforms(WinogradGradient<S, V> g, int firstTile, int count) : IHostWork
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            float** patch = stackalloc float*[Points];
            float* side = stackalloc float[Points * S.Count];
            var sizes = g.Sizes;
            var conv = sizes.G;
            for (int tile = item / 2 * ItemTiles, end = Math.Min(count, tile + ItemTiles); tile < end; tile++)
            {
                int at = firstTile + tile,
                    n = at / (sizes.TileRows * sizes.TileColumns),
                    row = at / sizes.TileColumns % sizes.TileRows * M,
                    column = at % sizes.TileColumns * M;
                if ((item & 1) == 0)
                {
                    g.FindPatch(g.X, conv.H, conv.W, conv.InChannels, n, conv.InputRow(row, 0), conv.InputColumn(column, 0), Edge, patch);
                    Winograd4<S, V>.Input(
                        patch,
                        M,
                        conv.InChannels,
                        count,
                        side,
                        g.Input + (tile * Width),
                        WinogradGradientSizes.Apart(count, conv.InChannels)
                    );
                }
                else
                {
                    g.FindPatch(g.Dy, conv.OutH, conv.OutW, conv.OutChannels, n, row, column, M, patch);
                    WinogradGradientTransforms<S, V>.Gradient(
                        patch,
                        conv.OutChannels,
                        count,
                        side,
                        g.Gradient + (tile * OutWidth),
                        WinogradGradientSizes.Apart(count, sizes.SumsStride)
                    );
                }
            }
        }
    }

    /// <summary>One point and some panels of output channels, summed over the tiles of a chunk.</summary>
    readonly struct Products(WinogradGradient<S, V> g, int count, bool accumulate) : IHostWork
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            var sizes = g.Sizes;
            int point = item / sizes.PanelItems,
                panels = item % sizes.PanelItems,
                channels = sizes.G.InChannels,
                lengths = WinogradGradientSizes.Sums(count);
            float* left = g.Input + (point * WinogradGradientSizes.Apart(count, channels)),
                right = g.Gradient + (point * WinogradGradientSizes.Apart(count, sizes.SumsStride));
            for (int i = 0; i < lengths; i++)
            {
                int first = Division.Cut(i, lengths, count),
                    terms = Division.Cut(i + 1, lengths, count) - first;
                for (int panel = sizes.FirstPanel(panels); panel < sizes.FirstPanel(panels + 1); panel++)
                {
                    Tile tile = default;
                    (tile.K, tile.Run, tile.RowsStride, tile.Accumulate) = (terms, Width, sizes.SumsStride, accumulate || i > 0);
                    tile.B = right + ((((nint)panel * count) + first) * OutWidth);
                    for (int channel = 0; channel < channels; channel += Width)
                        Sixteen(
                            tile,
                            left + ((((nint)channel * count) + ((nint)first * Width))),
                            g.SumsAt(point, channel) + (panel * OutWidth)
                        );
                }
            }
        }

        /// <summary>Sixteen input channels in equal register tiles.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Sixteen(Tile tile, float* left, float* to)
        {
            int parts = Division.Ceil(Width, S.TileRows);
            for (int part = 0; part < parts; part++)
            {
                int row = Division.Cut(part, parts, Width);
                Tile local = tile;
                local.A = left + row;
                local.C = to + ((nint)row * tile.RowsStride);
                HostTile<S, V, ColumnLayout>.Run(&local, Division.Cut(part + 1, parts, Width) - row);
            }
        }
    }

    /// <summary>Gᵀ sums G for sixteen output channels and all input channels.</summary>
    readonly struct Weights(WinogradGradient<S, V> g, float* dWeight) : IHostWork
    {
        const int Taps = 9;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            int channels = g.Sizes.G.InChannels,
                output = item * ItemOutputs;
            float* side = stackalloc float[3 * Edge * S.Count],
                kernels = stackalloc float[Width * Taps * ItemOutputs];
            for (int channel = 0; channel < channels; channel += Width)
            {
                for (int c = 0; c < Width; c++)
                for (int o = 0; o < ItemOutputs; o += S.Count)
                    WinogradGradientTransforms<S, V>.Weights(
                        g.SumsAt(0, channel + c) + output + o,
                        g.Sizes.PointSums,
                        side,
                        kernels + (c * Taps * ItemOutputs) + o,
                        ItemOutputs
                    );
                Transposition.Copy(
                    kernels,
                    ItemOutputs,
                    Width * Taps,
                    ItemOutputs,
                    dWeight + ((((nint)output * channels) + channel) * Taps),
                    channels * Taps
                );
            }
        }
    }

    WinogradGradientSizes Sizes => sizes;

    float* X => x;

    float* Dy => dy;

    float* Input => input;

    float* Gradient => gradient;

    float* SumsAt(int point, int channel) => sums + (point * sizes.PointSums) + ((nint)channel * sizes.SumsStride);
}
