using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>The gradient of a 3 × 3 convolution's weights on a GPU, the adjoint of F(4 × 4, 3 × 3): Gᵀ (Σ Bᵀ x B ⊙ A dy Aᵀ) G, a product
/// over all tiles for each of 36 points.</summary>
/// <remarks>
/// Floor: a quarter of the plain gradient's multiply-adds. A tile's transformed values are written and read once, 36 · 4 · 2 bytes for each
/// input and output channel.
/// </remarks>
static class GpuWinogradGradient
{
    /// <summary>dWeight = the gradient of the weights.</summary>
    /// <param name="gpu">Where all of it is.</param>
    /// <param name="g">A convolution that <see cref="ConvChoice.Fits"/>.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="dy">[N, H', W', O].</param>
    /// <param name="dWeight">[O, C, 3, 3].</param>
    /// <param name="chunkBytes">What the transformed values of a chunk of tiles may take.</param>
    public static void Run(
        GpuDevice gpu,
        ConvGeometry g,
        Tensor<float> x,
        Tensor<float> dy,
        Tensor<float> dWeight,
        int chunkBytes = GpuWinogradTiles.ChunkBytes
    )
    {
        var tiles = GpuWinogradTiles.Of(g);
        int chunk = Math.Min(tiles.Within(chunkBytes), tiles.Count);
        using var scope = gpu.BeginScope();
        var inputs = Tensor<float>.Rent(gpu, [chunk, GpuWinogradTiles.Points, g.InChannels]);
        var gradients = Tensor<float>.Rent(gpu, [chunk, GpuWinogradTiles.Points, g.OutChannels]);
        var sums = Tensor<float>.Rent(gpu, [g.OutChannels, GpuWinogradTiles.Points, g.InChannels]);
        for (int first = 0; first < tiles.Count; first += chunk)
        {
            int count = Math.Min(chunk, tiles.Count - first);
            gpu.Launch(count * g.InChannels, new GpuWinograd.Input(x.View, inputs.View, tiles, first));
            gpu.Launch(count * g.OutChannels, new Spread(dy.View, gradients.View, tiles, first));
            Multiply(gpu, g, count, inputs, gradients, sums, first == 0 ? Epilogue.None : Epilogue.Residual);
        }

        gpu.Launch(g.OutChannels * g.InChannels, new Gather(sums.View, dWeight.View, g.InChannels));
    }

    /// <summary>Adds the products of a chunk to the sums, or begins them.</summary>
    static void Multiply(
        GpuDevice gpu,
        ConvGeometry g,
        int count,
        Tensor<float> inputs,
        Tensor<float> gradients,
        Tensor<float> sums,
        Epilogue terms
    )
    {
        var size = new ProductSize(g.OutChannels, g.InChannels, GpuWinogradTiles.Points, count);
        GpuTileProducts.Run(
            gpu,
            TileChoice.Of(size.Rows, size.Columns, size.Groups, size.Terms, Conv2d.MostWeightParts),
            size,
            true,
            new TermRows(gradients.View, count, g.OutChannels, GpuWinogradTiles.Points * g.OutChannels),
            new TermRows(inputs.View, count, g.InChannels, GpuWinogradTiles.Points * g.InChannels),
            new TileOutput(
                sums.View,
                sums.View,
                sums.View,
                g.OutChannels,
                g.InChannels,
                GpuWinogradTiles.Points * g.InChannels,
                terms,
                0f,
                0f
            )
        );
    }

    /// <summary>A dy Aᵀ of one tile and channel; zeros in place of pixels beyond the output.</summary>
    /// <remarks>Bound by memory: 16 gradients and 36 results, for 10 transforms of 11 operations.</remarks>
    internal readonly struct Spread(ArrayView<float> dy, ArrayView<float> gradients, GpuWinogradTiles tiles, int first) : IKernel
    {
        public void Invoke(int index)
        {
            int channel = index % tiles.OutChannels,
                inChunk = index / tiles.OutChannels;
            var tile = tiles.At(first + inChunk);
            int image = (tile.Image * tiles.Output.H * tiles.Output.W * tiles.OutChannels) + channel;
            var a = Column(image, tile, 0).Spread();
            var b = Column(image, tile, 1).Spread();
            var c = Column(image, tile, 2).Spread();
            var d = Column(image, tile, 3).Spread();
            int to = (inChunk * GpuWinogradTiles.Points * tiles.OutChannels) + channel;
            Store(to, 0, new GpuWinogradFour(a.V0, b.V0, c.V0, d.V0));
            Store(to, 1, new GpuWinogradFour(a.V1, b.V1, c.V1, d.V1));
            Store(to, 2, new GpuWinogradFour(a.V2, b.V2, c.V2, d.V2));
            Store(to, 3, new GpuWinogradFour(a.V3, b.V3, c.V3, d.V3));
            Store(to, 4, new GpuWinogradFour(a.V4, b.V4, c.V4, d.V4));
            Store(to, 5, new GpuWinogradFour(a.V5, b.V5, c.V5, d.V5));
        }

        GpuWinogradFour Column(int image, GpuWinogradTile tile, int column) =>
            new(
                Value(image, tile.Row, tile.Column + column),
                Value(image, tile.Row + 1, tile.Column + column),
                Value(image, tile.Row + 2, tile.Column + column),
                Value(image, tile.Row + 3, tile.Column + column)
            );

        float Value(int image, int row, int column) =>
            row < tiles.Output.H && column < tiles.Output.W ? dy[image + (((row * tiles.Output.W) + column) * tiles.OutChannels)] : 0f;

        void Store(int to, int row, GpuWinogradFour values) =>
            values.Spread().Store(gradients, to + (row * GpuWinogradTiles.Edge * tiles.OutChannels), tiles.OutChannels);
    }

    /// <summary>Gᵀ m G of one kernel; neighbouring work items have neighbouring input channels.</summary>
    /// <remarks>Bound by memory: 36 sums and 9 results, for 9 transforms of 12 operations.</remarks>
    internal readonly struct Gather(ArrayView<float> sums, ArrayView<float> dWeight, int inChannels) : IKernel
    {
        public void Invoke(int index)
        {
            int channel = index % inChannels,
                from = (index / inChannels * GpuWinogradTiles.Points * inChannels) + channel;
            var a = Column(from, 0).Gather();
            var b = Column(from, 1).Gather();
            var c = Column(from, 2).Gather();
            var d = Column(from, 3).Gather();
            var e = Column(from, 4).Gather();
            var f = Column(from, 5).Gather();
            int to = index * GpuWinograd.Kernels.Taps;
            Store(to, new GpuWinogradSix(a.V0, b.V0, c.V0, d.V0, e.V0, f.V0).Gather());
            Store(to + 3, new GpuWinogradSix(a.V1, b.V1, c.V1, d.V1, e.V1, f.V1).Gather());
            Store(to + 6, new GpuWinogradSix(a.V2, b.V2, c.V2, d.V2, e.V2, f.V2).Gather());
        }

        GpuWinogradSix Column(int from, int column) =>
            GpuWinogradSix.Load(sums, from + (column * inChannels), GpuWinogradTiles.Edge * inChannels);

        void Store(int to, GpuWinogradThree values)
        {
            dWeight[to] = values.V0;
            dWeight[to + 1] = values.V1;
            dWeight[to + 2] = values.V2;
        }
    }
}
