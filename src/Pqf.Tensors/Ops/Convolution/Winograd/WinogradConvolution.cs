using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>Some groups of tiles and their transformed input, [point][group][channels / 16][tile][16].</summary>
readonly unsafe struct WinogradBlock(int firstGroup, int endGroup, float* input, long stride)
{
    public readonly int FirstGroup = firstGroup,
        EndGroup = endGroup;
    public readonly float* Input = input;

    /// <summary>Stride from one point's values to the next point's.</summary>
    public readonly nint Apart = (nint)stride;
}

/// <summary>A 3 × 3 convolution of stride 1 as (m + 2)² products, one for each point of its transformed tiles.</summary>
/// <remarks>
/// The input's transform writes straight into the order of the register tile, and the products of one panel are transformed back while they
/// are in the cache.
/// Channels: multiples of 16.
/// </remarks>
readonly unsafe struct WinogradConvolution<S, V, T>(WinogradSizes sizes, float* x, float* weights, float* zeros, float* y)
    where S : struct, ISimd<V>
    where V : unmanaged
    where T : struct, IWinograd
{
    const int MostPoints = 36;

    /// <summary>Added to each pixel; null for none.</summary>
    public float* Bias { get; init; }

    /// <summary>Added to the result; null for none. May be the result itself.</summary>
    public float* Residual { get; init; }

    /// <summary>Applied last.</summary>
    public HostTail Tail { get; init; }

    public static int Columns => 2 * S.Count;

    public static WinogradSizes Sizes(ConvGeometry g, int threads) => new(g, T.M, S.TileRows, Columns, threads);

    public void Run(HostDevice host)
    {
        using var own = new Workspace<float>(host, sizes.ThreadFloats * host.ThreadCount);
        if (sizes.IsShared)
        {
            using var shared = new Workspace<float>(host, sizes.SharedFloats);
            host.For(sizes.Groups, new InputGroups(this, shared.Pointer, own.Pointer));
            host.For(sizes.Panels * sizes.Blocks, new OutputPanels(this, shared.Pointer, own.Pointer));
        }
        else
        {
            host.For(sizes.Blocks, new WholeBlocks(this, own.Pointer));
        }
    }

    float* Memory(float* own, int thread) => own + (sizes.ThreadFloats * thread);

    /// <summary>Some groups of the input that is shared.</summary>
    WinogradBlock Shared(int firstGroup, int endGroup, float* shared) =>
        new(
            firstGroup,
            endGroup,
            shared + ((nint)sizes.First(firstGroup) * sizes.G.InChannels),
            WinogradSizes.Apart(sizes.Tiles, sizes.G.InChannels)
        );

    void ComputeBlock(int item, float* memory)
    {
        int at = sizes.Dealt(item),
            firstGroup = sizes.FirstGroup(at),
            endGroup = sizes.FirstGroup(at + 1),
            tiles = sizes.First(endGroup) - sizes.First(firstGroup);
        var block = new WinogradBlock(firstGroup, endGroup, memory + sizes.InputAt, WinogradSizes.Apart(tiles, sizes.G.InChannels));
        TransformInput(block, memory);
        for (int panel = 0; panel < sizes.Panels; panel++)
            ComputePanel(block, panel, memory);
    }

    void ComputeSharedPanel(int item, float* shared, float* memory)
    {
        int panel = item / sizes.Blocks,
            block = item % sizes.Blocks;
        ComputePanel(Shared(sizes.FirstGroup(block), sizes.FirstGroup(block + 1), shared), panel, memory);
    }

    /// <summary>Bᵀ d B for all tiles of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void TransformInput(WinogradBlock block, float* side)
    {
        float** patch = stackalloc float*[MostPoints];
        int channels = sizes.G.InChannels;
        float* to = block.Input;
        var cursor = sizes.Tiling.At(sizes.First(block.FirstGroup));
        for (int group = block.FirstGroup; group < block.EndGroup; group++)
        {
            int rows = sizes.First(group + 1) - sizes.First(group);
            for (int row = 0; row < rows; row++, cursor.Next())
            {
                Pair size = new(sizes.Tiling.Rows.Size(cursor.Row), sizes.Tiling.Columns.Size(cursor.Column));
                FindPatch(cursor, size, patch);
                FetchNext(patch, size, channels);
                T.Input(patch, size, channels, rows, side, to + (row * 16), block.Apart);
            }

            to += (nint)rows * channels;
        }
    }

    /// <summary>Fetches those pixels of the next tile that this one does not have: they lie in as many places as the tile has rows and
    /// pixels have channels, which the processor does not foresee.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void FetchNext(float** patch, Pair size, int channels)
    {
        if (!Sse.IsSupported)
            return;
        for (int i = 0; i < size.H + 2; i++)
        {
            float* from = patch[(i * (T.M + 2)) + 2] + ((nint)size.W * channels);
            for (int c = 0; c < size.W * channels; c += 16)
                Sse.Prefetch0(from + c);
        }
    }

    /// <summary>The pixels under a tile; zeros beyond the image.</summary>
    void FindPatch(WinogradCursor cursor, Pair size, float** patch)
    {
        var g = sizes.G;
        int firstX = g.InputColumn(sizes.Tiling.Columns.Start(cursor.Column), 0),
            firstRow = sizes.Tiling.Rows.Start(cursor.Row);
        for (int i = 0; i < size.H + 2; i++, patch += T.M + 2)
        {
            int iy = g.InputRow(firstRow, i);
            bool inside = (uint)iy < (uint)g.H;
            float* row = x + g.InputAt(cursor.N, iy, 0);
            for (int j = 0; j < size.W + 2; j++)
                patch[j] = inside && (uint)(firstX + j) < (uint)g.W ? row + ((firstX + j) * g.InChannels) : zeros;
        }
    }

    /// <summary>One panel of output channels for all tiles of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void ComputePanel(WinogradBlock block, int panel, float* own)
    {
        int channels = sizes.G.InChannels,
            groups = block.EndGroup - block.FirstGroup,
            start = sizes.First(block.FirstGroup);
        int* first = stackalloc int[groups + 1];
        for (int i = 0; i <= groups; i++)
            first[i] = sizes.First(block.FirstGroup + i) - start;
        float* products = own + sizes.ProductsAt;
        nint stride = (nint)WinogradSizes.Apart(first[groups], Columns),
            pointWeights = (nint)channels * Columns;
        Tile tile = default;
        (tile.RowsStride, tile.K, tile.Run) = (Columns, channels, 16);
        tile.B = weights + (panel * sizes.Points * pointWeights);
        for (int point = 0; point < sizes.Points; point++, tile.B += pointWeights)
        {
            var (having, end) = sizes.Tiling.Having(point / sizes.Edge, point % sizes.Edge);
            for (int group = 0; group < groups; group++)
            {
                int from = Math.Max(first[group], having - start),
                    rows = Math.Min(first[group + 1], end - start) - from;
                if (rows <= 0)
                    continue;
                tile.A = block.Input + (point * block.Apart) + ((nint)first[group] * channels) + ((from - first[group]) * 16);
                tile.C = products + (point * stride) + (from * Columns);
                tile.Skip = (first[group + 1] - first[group] - 1) * 16;
                HostTile<S, V, RowLayout>.Run(&tile, rows);
            }
        }

        TransformOutput(start, first[groups], panel, products, stride, own);
    }

    /// <summary>Aᵀ p A for one panel of some tiles, with bias, residual and tail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void TransformOutput(int firstTile, int tiles, int panel, float* products, nint stride, float* side)
    {
        var g = sizes.G;
        int column = panel * Columns,
            vectors = Math.Min(Columns, g.OutChannels - column) / S.Count,
            outH = g.OutH,
            outW = g.OutW;
        WinogradTarget target = default;
        (target.RowStride, target.PixelStride, target.Bounds) = ((nint)outW * g.OutChannels, g.OutChannels, Tail.Bounds);
        var cursor = sizes.Tiling.At(firstTile);
        for (int tile = 0; tile < tiles; tile++, products += Columns, cursor.Next())
        {
            int oy = sizes.Tiling.Rows.Start(cursor.Row),
                ox = sizes.Tiling.Columns.Start(cursor.Column);
            target.Size = new(sizes.Tiling.Rows.Size(cursor.Row), sizes.Tiling.Columns.Size(cursor.Column));
            nint at = (((((nint)cursor.N * outH) + oy) * outW) + ox) * g.OutChannels;
            (target.Rows, target.Columns) = (Math.Min(target.Size.H, outH - oy), Math.Min(target.Size.W, outW - ox));
            for (int vector = 0; vector < vectors; vector++)
            {
                int channel = column + (vector * S.Count);
                target.Y = y + at + channel;
                target.Residual = Residual == null ? null : Residual + at + channel;
                target.Bias = Bias == null ? null : Bias + channel;
                T.Output(products + (vector * S.Count), stride, side, &target);
            }

            for (int row = 0; row < target.Rows; row++)
                Tail.Finish(y + at + column + (row * target.RowStride), target.Columns, target.PixelStride, vectors * S.Count);
        }
    }

    /// <summary>One block of tiles from input to output.</summary>
    readonly struct WholeBlocks(WinogradConvolution<S, V, T> conv, float* own) : IHostWork
    {
        public void Invoke(int item, int thread) => conv.ComputeBlock(item, conv.Memory(own, thread));
    }

    /// <summary>One group of tiles transformed for all threads.</summary>
    readonly struct InputGroups(WinogradConvolution<S, V, T> conv, float* shared, float* own) : IHostWork
    {
        public void Invoke(int item, int thread) => conv.TransformInput(conv.Shared(item, item + 1, shared), conv.Memory(own, thread));
    }

    /// <summary>One panel of output channels for one block of tiles.</summary>
    readonly struct OutputPanels(WinogradConvolution<S, V, T> conv, float* shared, float* own) : IHostWork
    {
        public void Invoke(int item, int thread) => conv.ComputeSharedPanel(item, shared, conv.Memory(own, thread));
    }
}
