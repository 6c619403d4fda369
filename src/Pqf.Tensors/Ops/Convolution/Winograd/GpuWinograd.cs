using System.Runtime.Intrinsics;
using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Tensors.Devices.Host;
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
    const int Taps = 9;

    // An H100 has 50 MB of second-level cache. Not measured.
    const int ChunkBytes = 64 << 20;

    /// <summary>G w Gᵀ of each kernel, in double on the host: [I, 36, O].</summary>
    /// <param name="gpu">Where they go.</param>
    /// <param name="weight">[O, I, 3, 3], O in sixteens.</param>
    public static unsafe Tensor<float> Weights(GpuDevice gpu, Tensor<float> weight)
    {
        var (outChannels, inChannels) = (weight.Shape[0], weight.Shape[1]);
        float[] kernels = weight.ToArray(),
            packed = new float[checked(inChannels * GpuWinogradTiles.Points * outChannels)];
        fixed (
            float* from = kernels,
                to = packed
        )
            for (int i = 0; i < inChannels; i++)
            for (int o = 0; o < outChannels; o += Vector256<double>.Count)
                Transform(
                    from + (((o * inChannels) + i) * Taps),
                    inChannels * Taps,
                    to + (i * GpuWinogradTiles.Points * outChannels) + o,
                    outChannels
                );
        return Tensor<float>.From(gpu, [inChannels, GpuWinogradTiles.Points, outChannels], packed);
    }

    /// <summary>Four kernels in double, rounded once.</summary>
    static unsafe void Transform(float* kernels, int kernelStride, float* to, int pointStride)
    {
        const int Four = 4;
        double* side = stackalloc double[Taps * Four];
        Vector256<double>* columns = stackalloc Vector256<double>[3 * GpuWinogradTiles.Edge],
            points = stackalloc Vector256<double>[GpuWinogradTiles.Points];
        for (int tap = 0; tap < Taps; tap++)
        for (int kernel = 0; kernel < Four; kernel++)
            side[(tap * Four) + kernel] = kernels[(kernel * kernelStride) + tap];
        WinogradWeights<Winograd4<Simd256, Vector256<float>>>.TransformFour(side, Four, columns, points);
        for (int point = 0; point < GpuWinogradTiles.Points; point++, to += pointStride)
            Vector128.Narrow(points[point].GetLower(), points[point].GetUpper()).Store(to);
    }

    /// <summary>y = clamp(conv(x) + bias + residual).</summary>
    /// <param name="gpu">Where all of it is.</param>
    /// <param name="g">A convolution that <see cref="ConvChoice.Fits"/>.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weights">As <see cref="Weights"/> gives them.</param>
    /// <param name="output">Where it goes.</param>
    /// <param name="chunkBytes">What the transformed values of a chunk may take.</param>
    public static void Run(
        GpuDevice gpu,
        ConvGeometry g,
        Tensor<float> x,
        Tensor<float> weights,
        TileOutput output,
        int chunkBytes = ChunkBytes
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

        void Store(int to, int row, GpuWinogradSix values)
        {
            int at = to + (row * GpuWinogradTiles.Edge * tiles.InChannels);
            transformed[at] = values.V0;
            transformed[at + tiles.InChannels] = values.V1;
            transformed[at + (2 * tiles.InChannels)] = values.V2;
            transformed[at + (3 * tiles.InChannels)] = values.V3;
            transformed[at + (4 * tiles.InChannels)] = values.V4;
            transformed[at + (5 * tiles.InChannels)] = values.V5;
        }
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
            new(
                Product(from, column),
                Product(from, 6 + column),
                Product(from, 12 + column),
                Product(from, 18 + column),
                Product(from, 24 + column),
                Product(from, 30 + column)
            );

        float Product(int from, int point) => products[from + (point * tiles.OutChannels)];

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
