using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Products;

namespace Pqf.Tensors.Ops.Convolution.Winograd;

/// <summary>A 7 × 7 convolution of stride 2 over three channels by Winograd's F(3 × 3, 4 × 4) on its phases (see
/// <see cref="StemPoints"/>), some rows of its value at a time.</summary>
/// <remarks>
/// Tiles lie at multiples of three of an image's rows and columns, whatever part of them is wanted, and tiles never mix: no cut changes a
/// result.
/// The rows of a tile are transformed side by side in whole lines of the image. Their columns are transformed tile by tile in vectors of
/// eight, six of which are two pixels.
/// </remarks>
/// <param name="g">The convolution, of all images.</param>
/// <param name="x">[N, H, W, 3].</param>
/// <param name="weights">See <see cref="StemWeights"/>.</param>
readonly unsafe struct StemTiles<S, V>(ConvGeometry g, float* x, float* weights)
    where S : struct, ISimd<V>
    where V : unmanaged
{
    // Tiles whose input is transformed together: a multiple of the register tile's rows, 14 and 6. Their transformed input and the
    // products of one register tile's rows at all points stay in the second-level cache.
    const int ChunkTiles = 42;

    const int M = StemPoints.M,
        Edge = StemPoints.Edge,
        TileFloats = M * StemPoints.RowTerms;

    // Floats of a transformed tile at one point: twelve of sixteen are used.
    const int PointTerms = 16;

    // At a power of two from one point to the next, all points of a tile would fall into one set of the cache.
    const int PointGap = 16;

    // A line of a chunk's phase pixels, and a vector that may spill over its end.
    const int LineFloats = (ChunkTiles * TileFloats) + ((Edge - M) * StemPoints.RowTerms) + 16 + 10;

    const int LinesAt = LineFloats, // behind a line of zeros
        InputAt = LinesAt + (2 * Edge * LineFloats),
        InputStride = (ChunkTiles * PointTerms) + PointGap,
        ProductsAt = InputAt + (StemPoints.Count * InputStride);

    static int Columns => 2 * S.Count;

    static int ProductStride => (S.TileRows * Columns) + PointGap;

    /// <summary>Added to each pixel, padded to whole panels; null for none.</summary>
    public float* Bias { get; init; }

    /// <summary>Applied last.</summary>
    public HostTail Tail { get; init; }

    int TileColumns => Division.Ceil(g.OutW, M);

    /// <summary>The whole convolution.</summary>
    /// <param name="host">Where it runs.</param>
    /// <param name="y">[N, H', W', O].</param>
    /// <param name="residual">Added to the result, or null. May be the result itself.</param>
    public void Run(HostDevice host, float* y, float* residual) =>
        host.For(g.N * Division.Ceil(g.OutH, M), new RowsOfTiles(this, g, y, residual, host.Scratch));

    /// <summary>Computes rows of an image's value.</summary>
    /// <param name="n">The image.</param>
    /// <param name="first">The first row. At a multiple of three, nothing is computed in vain.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="y">Where the first row goes; the others follow it.</param>
    /// <param name="residual">Added to the result and laid out as it, or null.</param>
    /// <param name="memory">The thread's gathered rows: <see cref="HostDevice.GatheredSizeBytes"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int n, int first, int end, float* y, float* residual, float* memory)
    {
        nint rowFloats = (nint)g.OutW * g.OutChannels;
        int columns = TileColumns,
            chunks = Division.Ceil(columns, ChunkTiles);
        for (int row = first / M; row * M < end; row++)
        {
            nint at = ((row * M) - first) * rowFloats;
            var target = new WinogradTarget
            {
                Y = y + at,
                Residual = residual == null ? null : residual + at,
                RowStride = rowFloats,
                PixelStride = g.OutChannels,
                FirstRow = first - (row * M),
                Rows = end - (row * M),
                Bounds = Tail.Bounds,
            };
            for (int chunk = 0; chunk < chunks; chunk++)
                Compute(n, row, Division.Cut(chunk, chunks, columns), Division.Cut(chunk + 1, chunks, columns), target, memory);
        }
    }

    /// <summary>Some tiles of a row of tiles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Compute(int n, int row, int firstTile, int endTile, WinogradTarget target, float* memory)
    {
        int tiles = endTile - firstTile,
            groups = Division.Ceil(tiles, S.TileRows),
            panels = Division.Ceil(g.OutChannels, Columns);
        TransformRows(n, row, firstTile, tiles, memory);
        TransformColumns(tiles, memory);
        for (int group = 0; group < groups; group++)
        {
            int first = Division.Cut(group, groups, tiles),
                rows = Division.Cut(group + 1, groups, tiles) - first;
            for (int panel = 0; panel < panels; panel++)
            {
                StemProducts<S, V>.Run(
                    memory + InputAt + (first * PointTerms),
                    InputStride,
                    weights + ((nint)panel * StemPoints.AllTerms * Columns),
                    memory + ProductsAt,
                    ProductStride,
                    rows
                );
                TransformBack(firstTile + first, rows, panel, target, memory + ProductsAt);
            }
        }
    }

    /// <summary>Bᵀ d: the rows under a row of tiles, upper and lower pixels of a phase each by themselves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void TransformRows(int n, int row, int firstTile, int tiles, float* memory)
    {
        int length = (tiles * TileFloats) + ((Edge - M) * StemPoints.RowTerms),
            firstColumn = g.InputColumn(firstTile * M, 0),
            from = Math.Clamp(-firstColumn * StemPoints.Colours, 0, length),
            to = Math.Clamp((g.W - firstColumn) * StemPoints.Colours, from, length);
        float** rows = stackalloc float*[Edge];
        Floats.Clear(memory, length);
        for (int parity = 0; parity < 2; parity++)
        {
            for (int i = 0; i < Edge; i++)
            {
                int iy = g.InputRow((row * M) + i, parity);
                rows[i] = (uint)iy < (uint)g.H ? x + g.InputAt(n, iy, firstColumn) : memory;
            }

            float* lines = memory + LinesAt + (parity * LineFloats);
            int at = from;
            for (; at <= to - S.Count; at += S.Count)
                Forward(rows, at, lines + at);
            if (at < to)
                TransformRest(rows, at, to - at, lines + at);
            for (int i = 0; i < Edge; i++, lines += 2 * LineFloats)
            {
                Floats.Clear(lines, from);
                Floats.Clear(lines + to, length - to);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Forward(float** rows, nint at, float* to)
    {
        Winograd4<S, V>.Forward(
            S.Load(rows[0] + at),
            S.Load(rows[1] + at),
            S.Load(rows[2] + at),
            S.Load(rows[3] + at),
            S.Load(rows[4] + at),
            S.Load(rows[5] + at),
            out V p0,
            out V p1,
            out V p2,
            out V p3,
            out V p4,
            out V p5
        );
        S.Store(p0, to);
        S.Store(p1, to + (2 * LineFloats));
        S.Store(p2, to + (4 * LineFloats));
        S.Store(p3, to + (6 * LineFloats));
        S.Store(p4, to + (8 * LineFloats));
        S.Store(p5, to + (10 * LineFloats));
    }

    /// <summary>The last values, fewer than a vector: what lies behind them need not be readable. Lines have room for the whole
    /// vector.</summary>
    static void TransformRest(float** rows, int at, int count, float* to)
    {
        float* side = stackalloc float[Edge * 16];
        float** copies = stackalloc float*[Edge];
        for (int i = 0; i < Edge; i++)
        {
            copies[i] = side + (i * 16);
            Floats.Copy(rows[i] + at, copies[i], count);
        }

        Forward(copies, 0, to);
    }

    /// <summary>(Bᵀ d) B: the columns of each tile, into the terms that each point multiplies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void TransformColumns(int tiles, float* memory)
    {
        for (int i = 0; i < Edge; i++)
        {
            float* upper = memory + LinesAt + (i * 2 * LineFloats),
                to = memory + InputAt + (i * Edge * InputStride);
            for (int tile = 0; tile < tiles; tile++, upper += TileFloats, to += PointTerms)
            {
                TransformTile(upper, to, to + (Edge - 1) * InputStride);
                // Over what lies behind the upper pixels' terms.
                if (i != StemPoints.Infinity)
                    TransformTile(upper + LineFloats, to + StemPoints.RowTerms, to + ((Edge - 1) * InputStride) + StemPoints.Colours);
            }
        }
    }

    /// <summary>The six points of a tile's row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void TransformTile(float* from, float* to, float* toInfinity)
    {
        Winograd4<Simd256, Vector256<float>>.Forward(
            Simd256.Load(from),
            Simd256.Load(from + StemPoints.RowTerms),
            Simd256.Load(from + (2 * StemPoints.RowTerms)),
            Simd256.Load(from + (3 * StemPoints.RowTerms)),
            Simd256.Load(from + (4 * StemPoints.RowTerms)),
            Simd256.Load(from + (5 * StemPoints.RowTerms)),
            out var p0,
            out var p1,
            out var p2,
            out var p3,
            out var p4,
            out var p5
        );
        Simd256.Store(p0, to);
        Simd256.Store(p1, to + InputStride);
        Simd256.Store(p2, to + (2 * InputStride));
        Simd256.Store(p3, to + (3 * InputStride));
        Simd256.Store(p4, to + (4 * InputStride));
        Simd256.Store(p5, toInfinity);
    }

    /// <summary>Aᵀ p A for one panel of some tiles, with bias, residual and tail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void TransformBack(int firstTile, int tiles, int panel, WinogradTarget target, float* products)
    {
        int column = panel * Columns,
            vectors = Math.Min(Columns, g.OutChannels - column) / S.Count;
        float* y = target.Y,
            residual = target.Residual;
        for (int tile = firstTile; tile < firstTile + tiles; tile++, products += Columns)
        {
            nint at = ((nint)tile * M * g.OutChannels) + column;
            target.Columns = Math.Min(M, g.OutW - (tile * M));
            for (int vector = 0; vector < vectors; vector++)
            {
                int channel = vector * S.Count;
                target.Y = y + at + channel;
                target.Residual = residual == null ? null : residual + at + channel;
                target.Bias = Bias == null ? null : Bias + column + channel;
                StemTransforms<S, V>.Output(products + channel, ProductStride, &target);
            }

            for (int row = Math.Max(0, target.FirstRow); row < Math.Min(M, target.Rows); row++)
                Tail.Finish(y + at + (row * target.RowStride), target.Columns, target.PixelStride, vectors * S.Count);
        }
    }

    /// <summary>One row of tiles of one image.</summary>
    readonly struct RowsOfTiles(StemTiles<S, V> tiles, ConvGeometry g, float* y, float* residual, byte* scratch) : IHostWork
    {
        public void Invoke(int item, int thread)
        {
            int rows = Division.Ceil(g.OutH, M),
                n = item / rows,
                first = item % rows * M;
            nint at = g.OutputAt(n, first, 0);
            tiles.Run(
                n,
                first,
                Math.Min(first + M, g.OutH),
                y + at,
                residual == null ? null : residual + at,
                (float*)(scratch + ((long)thread * HostDevice.ScratchSizeBytes))
            );
        }
    }
}
