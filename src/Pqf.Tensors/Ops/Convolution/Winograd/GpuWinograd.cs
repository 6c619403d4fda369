using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Ops.Convolution.Gathered;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>Winograd's F(4 × 4, 3 × 3) on a GPU: the inputs' transform, a product for each of 36 points, the outputs' transform.</summary>
/// <remarks>
/// Floor: a quarter of the direct sum's multiply-adds. A tile's transformed values are written and read once, 36 · 4 · 2 bytes for each
/// input and output channel. Chunks of tiles keep them mostly within the second-level cache of a large card.
/// </remarks>
static class GpuWinograd
{
    /// <summary>G w Gᵀ of each kernel: [I, 36, O].</summary>
    /// <param name="gpu">Where the weights are.</param>
    /// <param name="weight">[O, I, 3, 3].</param>
    public static Tensor<float> Weights(GpuDevice gpu, Tensor<float> weight)
    {
        var (outChannels, inChannels) = (weight.Shape[0], weight.Shape[1]);
        return Weights(gpu, weight, outChannels, inChannels, new(inChannels * Kernels.Taps, Kernels.Taps, 0, 1));
    }

    /// <summary>As <see cref="Weights(GpuDevice, Tensor{float})"/>, of the convolution that carries gradients back: kernels turned by half
    /// a turn, and the roles of the channels exchanged: [O, 36, I].</summary>
    /// <param name="gpu">Where the weights are.</param>
    /// <param name="weight">[O, I, 3, 3], of the forward convolution.</param>
    public static Tensor<float> Flipped(GpuDevice gpu, Tensor<float> weight)
    {
        var (outChannels, inChannels) = (weight.Shape[0], weight.Shape[1]);
        return Weights(gpu, weight, inChannels, outChannels, new(Kernels.Taps, inChannels * Kernels.Taps, Kernels.Taps - 1, -1));
    }

    static Tensor<float> Weights(GpuDevice gpu, Tensor<float> weight, int outChannels, int inChannels, KernelStrides strides)
    {
        var packed = Tensor<float>.Rent(gpu, [inChannels, GpuWinogradTiles.Points, outChannels]);
        gpu.Launch(inChannels * outChannels, new Kernels(weight.View, packed.View, outChannels, strides));
        return packed;
    }

    /// <summary>y = clamp(conv(x) + bias + residual).</summary>
    /// <param name="gpu">Where all of it is.</param>
    /// <param name="g">A convolution that <see cref="ConvChoice.Fits"/>.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weights">[C, 36, O]: <see cref="Weights(GpuDevice, Tensor{float})"/>, or <see cref="Flipped"/> of the convolution
    /// that <paramref name="g"/> carries gradients of.</param>
    /// <param name="output">Where it goes.</param>
    /// <param name="chunkBytes">What the transformed values of a chunk may take.</param>
    public static void Run(
        GpuDevice gpu,
        ConvGeometry g,
        Tensor<float> x,
        Tensor<float> weights,
        TileOutput output,
        int chunkBytes = GpuWinogradTiles.ChunkBytes
    )
    {
        var tiles = GpuWinogradTiles.Of(g);
        int chunk = Math.Min(tiles.Within(chunkBytes), tiles.Count);
        using var scope = gpu.BeginScope();
        var transformed = Tensor<float>.Rent(gpu, [chunk, GpuWinogradTiles.Points, g.InChannels]);
        var products = Tensor<float>.Rent(gpu, [chunk, GpuWinogradTiles.Points, g.OutChannels]);
        for (int first = 0; first < tiles.Count; first += chunk)
        {
            int count = Math.Min(chunk, tiles.Count - first);
            gpu.Launch(count * g.InChannels, new Input(x.View, transformed.View, tiles, first));
            Multiply(gpu, GpuWinogradTiles.Products(count, g.InChannels, g.OutChannels), transformed, weights, products);
            gpu.Launch(count * g.OutChannels, new Output(products.View, output, tiles, first));
        }
    }

    static void Multiply(GpuDevice gpu, ConvGeometry g, Tensor<float> transformed, Tensor<float> weights, Tensor<float> products)
    {
        var size = new ProductSize(g.N, g.GroupOutChannels, g.Groups, g.GroupInChannels);
        var output = new TileOutput(
            products.View,
            products.View,
            products.View,
            size.Rows,
            size.Columns,
            g.OutChannels,
            Epilogue.None,
            0f,
            0f
        );
        var columns = new TermRows(weights.View, size.Terms, size.Columns, g.OutChannels);
        GpuTileProducts.Run(gpu, size.Choice, size, true, new GatheredRows(transformed.View, TapRuns.Of(g)), columns, output);
    }

    /// <summary>G w Gᵀ of one kernel; neighbouring work items have neighbouring output channels.</summary>
    /// <remarks>Bound by memory: 9 weights, which are read once but 36 bytes at a time, and 36 results, for 9 transforms of 12
    /// operations.</remarks>
    internal readonly struct Kernels(ArrayView<float> weight, ArrayView<float> packed, int outChannels, KernelStrides strides) : IKernel
    {
        public const int Taps = 9;

        public void Invoke(int index)
        {
            int o = index % outChannels,
                i = index / outChannels,
                from = (o * strides.Out) + (i * strides.In) + strides.First;
            var a = Column(from, 0).Kernel();
            var b = Column(from, 1).Kernel();
            var c = Column(from, 2).Kernel();
            int to = (i * GpuWinogradTiles.Points * outChannels) + o;
            Store(to, 0, new GpuWinogradThree(a.V0, b.V0, c.V0).Kernel());
            Store(to, 1, new GpuWinogradThree(a.V1, b.V1, c.V1).Kernel());
            Store(to, 2, new GpuWinogradThree(a.V2, b.V2, c.V2).Kernel());
            Store(to, 3, new GpuWinogradThree(a.V3, b.V3, c.V3).Kernel());
            Store(to, 4, new GpuWinogradThree(a.V4, b.V4, c.V4).Kernel());
            Store(to, 5, new GpuWinogradThree(a.V5, b.V5, c.V5).Kernel());
        }

        GpuWinogradThree Column(int from, int column) =>
            new(
                weight[from + (column * strides.Tap)],
                weight[from + ((column + 3) * strides.Tap)],
                weight[from + ((column + 6) * strides.Tap)]
            );

        void Store(int to, int row, GpuWinogradSix values) =>
            values.Store(packed, to + (row * GpuWinogradTiles.Edge * outChannels), outChannels);
    }

    /// <summary>Bᵀ d B of one tile and channel.</summary>
    /// <remarks>Bound by memory: 16 new inputs, which neighbouring tiles share in the caches, and 36 results, for 12 transforms of 20
    /// operations.</remarks>
    internal readonly struct Input(ArrayView<float> x, ArrayView<float> transformed, GpuWinogradTiles tiles, int first) : IKernel
    {
        public void Invoke(int index)
        {
            int channel = index % tiles.InChannels,
                inChunk = index / tiles.InChannels;
            var tile = tiles.At(first + inChunk);
            int row = tile.Row - tiles.Padding.H,
                column = tile.Column - tiles.Padding.W,
                image = (tile.Image * tiles.Input.H * tiles.Input.W * tiles.InChannels) + channel;
            var a = Column(image, row, column).Forward();
            var b = Column(image, row, column + 1).Forward();
            var c = Column(image, row, column + 2).Forward();
            var d = Column(image, row, column + 3).Forward();
            var e = Column(image, row, column + 4).Forward();
            var f = Column(image, row, column + 5).Forward();
            int to = (inChunk * GpuWinogradTiles.Points * tiles.InChannels) + channel;
            Store(to, 0, new GpuWinogradSix(a.V0, b.V0, c.V0, d.V0, e.V0, f.V0).Forward());
            Store(to, 1, new GpuWinogradSix(a.V1, b.V1, c.V1, d.V1, e.V1, f.V1).Forward());
            Store(to, 2, new GpuWinogradSix(a.V2, b.V2, c.V2, d.V2, e.V2, f.V2).Forward());
            Store(to, 3, new GpuWinogradSix(a.V3, b.V3, c.V3, d.V3, e.V3, f.V3).Forward());
            Store(to, 4, new GpuWinogradSix(a.V4, b.V4, c.V4, d.V4, e.V4, f.V4).Forward());
            Store(to, 5, new GpuWinogradSix(a.V5, b.V5, c.V5, d.V5, e.V5, f.V5).Forward());
        }

        GpuWinogradSix Column(int image, int row, int column) =>
            new(
                Value(image, row, column),
                Value(image, row + 1, column),
                Value(image, row + 2, column),
                Value(image, row + 3, column),
                Value(image, row + 4, column),
                Value(image, row + 5, column)
            );

        float Value(int image, int row, int column) =>
            (uint)row < (uint)tiles.Input.H && (uint)column < (uint)tiles.Input.W
                ? x[image + (((row * tiles.Input.W) + column) * tiles.InChannels)]
                : 0f;

        void Store(int to, int row, GpuWinogradSix values) =>
            values.Store(transformed, to + (row * GpuWinogradTiles.Edge * tiles.InChannels), tiles.InChannels);
    }

    /// <summary>Aᵀ p A of one tile and channel, with bias, residual and clamp.</summary>
    /// <remarks>Bound by memory: 36 products and 16 outputs, for 10 transforms of 13 operations.</remarks>
    internal readonly struct Output(ArrayView<float> products, TileOutput output, GpuWinogradTiles tiles, int first) : IKernel
    {
        public void Invoke(int index)
        {
            int channel = index % tiles.OutChannels,
                inChunk = index / tiles.OutChannels,
                from = (inChunk * GpuWinogradTiles.Points * tiles.OutChannels) + channel;
            var a = Column(from, 0).Back();
            var b = Column(from, 1).Back();
            var c = Column(from, 2).Back();
            var d = Column(from, 3).Back();
            var e = Column(from, 4).Back();
            var f = Column(from, 5).Back();
            var tile = tiles.At(first + inChunk);
            float bias = output.Bias(channel);
            Store(tile, 0, channel, bias, new GpuWinogradSix(a.V0, b.V0, c.V0, d.V0, e.V0, f.V0).Back());
            Store(tile, 1, channel, bias, new GpuWinogradSix(a.V1, b.V1, c.V1, d.V1, e.V1, f.V1).Back());
            Store(tile, 2, channel, bias, new GpuWinogradSix(a.V2, b.V2, c.V2, d.V2, e.V2, f.V2).Back());
            Store(tile, 3, channel, bias, new GpuWinogradSix(a.V3, b.V3, c.V3, d.V3, e.V3, f.V3).Back());
        }

        GpuWinogradSix Column(int from, int column) =>
            GpuWinogradSix.Load(products, from + (column * tiles.OutChannels), GpuWinogradTiles.Edge * tiles.OutChannels);

        void Store(GpuWinogradTile tile, int row, int channel, float bias, GpuWinogradFour values)
        {
            if (tile.Row + row >= tiles.Output.H)
                return;
            int at = (((((tile.Image * tiles.Output.H) + tile.Row + row) * tiles.Output.W) + tile.Column) * tiles.OutChannels) + channel,
                count = tiles.Output.W - tile.Column;
            output.StoreBiased(at, values.V0 + bias);
            if (count > 1)
                output.StoreBiased(at + tiles.OutChannels, values.V1 + bias);
            if (count > 2)
                output.StoreBiased(at + (2 * tiles.OutChannels), values.V2 + bias);
            if (count > 3)
                output.StoreBiased(at + (3 * tiles.OutChannels), values.V3 + bias);
        }
    }
}

/// <summary>Where the taps of a kernel lie among weights.</summary>
/// <param name="Out">From one output channel to the next.</param>
/// <param name="In">From one input channel to the next.</param>
/// <param name="First">Of the first tap.</param>
/// <param name="Tap">From one tap to the next.</param>
readonly record struct KernelStrides(int Out, int In, int First, int Tap);
