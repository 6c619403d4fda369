using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Quantisation;

/// <summary>The search of the nearest tile for two vectors of blocks at once.</summary>
/// <typeparam name="S">The vectors.</typeparam>
/// <typeparam name="V">Their register.</typeparam>
/// <typeparam name="T">Centroids whose sums are in registers at once: 8, or 4 where there are 16 registers.</typeparam>
static unsafe class CentroidSearch<S, V, T>
    where S : struct, ISimd<V>
    where V : unmanaged
    where T : struct, IConstant
{
    public static int BlockCount => 2 * S.Count;

    /// <summary>For each block the least distance, and the first tile that has it.</summary>
    /// <param name="blocks">[d][two vectors].</param>
    /// <param name="d">Length of a block.</param>
    /// <param name="tiles">See <see cref="CentroidTiles"/>.</param>
    /// <param name="tileCount">How many.</param>
    /// <param name="distances">[two vectors].</param>
    /// <param name="nearest">[two vectors] of whole numbers.</param>
    /// <remarks>Only the least of a tile is compared with the best so far: 10 instructions for 8 centroids instead of 24.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* blocks, int d, float* tiles, int tileCount, float* distances, float* nearest)
    {
        V infinity = S.Create(float.PositiveInfinity),
            best0 = infinity,
            best1 = infinity,
            nearest0 = S.Create(0),
            nearest1 = nearest0;
        float* end = blocks + ((nint)d * BlockCount);
        for (int tile = 0; tile < tileCount; tile++, tiles += CentroidTiles.Centroids * (d + 1))
        {
            V least0 = infinity,
                least1 = infinity;
            for (int i = 0; i < CentroidTiles.Centroids; i += T.N)
                Least(blocks, end, tiles + i, ref least0, ref least1);
            V number = S.Create(tile);
            nearest0 = S.Select(S.LessThan(least0, best0), number, nearest0);
            nearest1 = S.Select(S.LessThan(least1, best1), number, nearest1);
            best0 = S.Min(least0, best0);
            best1 = S.Min(least1, best1);
        }

        S.Store(best0, distances);
        S.Store(best1, distances + S.Count);
        S.Store(nearest0, nearest);
        S.Store(nearest1, nearest + S.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Least(float* blocks, float* end, float* c, ref V least0, ref V least1)
    {
        V x0 = S.Create(c[0]),
            x1 = S.Create(c[1]),
            x2 = S.Create(c[2]),
            x3 = S.Create(c[3]),
            y0 = x0,
            y1 = x1,
            y2 = x2,
            y3 = x3;
        V x4 = x0,
            x5 = x0,
            x6 = x0,
            x7 = x0,
            y4 = x0,
            y5 = x0,
            y6 = x0,
            y7 = x0;
        if (T.N > 4)
        {
            (x4, x5, x6, x7) = (S.Create(c[4]), S.Create(c[5]), S.Create(c[6]), S.Create(c[7]));
            (y4, y5, y6, y7) = (x4, x5, x6, x7);
        }

        for (; blocks < end; blocks += BlockCount)
        {
            c += CentroidTiles.Centroids;
            V x = S.Load(blocks),
                y = S.Load(blocks + S.Count);
            Step(c, x, y, ref x0, ref y0);
            Step(c + 1, x, y, ref x1, ref y1);
            Step(c + 2, x, y, ref x2, ref y2);
            Step(c + 3, x, y, ref x3, ref y3);
            if (T.N <= 4)
                continue;
            Step(c + 4, x, y, ref x4, ref y4);
            Step(c + 5, x, y, ref x5, ref y5);
            Step(c + 6, x, y, ref x6, ref y6);
            Step(c + 7, x, y, ref x7, ref y7);
        }

        least0 = S.Min(least0, S.Min(S.Min(x0, x1), S.Min(x2, x3)));
        least1 = S.Min(least1, S.Min(S.Min(y0, y1), S.Min(y2, y3)));
        if (T.N <= 4)
            return;
        least0 = S.Min(least0, S.Min(S.Min(x4, x5), S.Min(x6, x7)));
        least1 = S.Min(least1, S.Min(S.Min(y4, y5), S.Min(y6, y7)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Step(float* c, V x, V y, ref V sumX, ref V sumY)
    {
        V value = S.Create(*c);
        sumX = S.MultiplyAdd(x, value, sumX);
        sumY = S.MultiplyAdd(y, value, sumY);
    }
}
