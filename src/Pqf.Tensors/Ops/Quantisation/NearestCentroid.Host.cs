using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Tensors.Ops.Quantisation;

public static partial class NearestCentroid
{
    // Blocks are cut into at most 32 parts of 1,024 and more, and of so many blocks that adding up the parts' sums stays cheap.
    const int MostParts = 32;
    const int SmallestPart = 1024;

    // A part is cut at whole pairs of the widest vectors.
    const int PartUnit = 32;

    static unsafe void AssignHost(HostDevice host, Tensor<float> blocks, Tensor<float> codebook, Tensor<ushort> codes) =>
        Host(host, blocks, codebook, codes.Pointer, null, null);

    static unsafe void SumsHost(HostDevice host, Tensor<float> blocks, Tensor<float> codebook, ClusterSums result) =>
        Host(host, blocks, codebook, result.Codes.Pointer, result.Sums.Pointer, result.Counts.Pointer);

    static unsafe void Host(HostDevice host, Tensor<float> blocks, Tensor<float> codebook, ushort* codes, float* sums, int* counts)
    {
        int n = blocks.Shape[0],
            d = blocks.Shape[1],
            k = codebook.Shape[0];
        int parts = Math.Clamp(n / Math.Max(SmallestPart, 2 * k), 1, MostParts),
            padded = (d + 3) & ~3;
        using var tiles = new Workspace<float>(host, CentroidTiles.FloatCount(k, d));
        using var scratch = new Workspace<float>(host, (long)host.ThreadCount * PartUnit * d);
        using var partSums = new Workspace<double>(host, sums == null ? 0 : (long)parts * k * padded);
        using var partCounts = new Workspace<int>(host, sums == null ? 0 : (long)parts * k);
        CentroidTiles.Pack(codebook.Pointer, k, d, tiles.Pointer);
        var assignment = new Assignment(
            n,
            d,
            k,
            parts,
            blocks.Pointer,
            tiles.Pointer,
            scratch.Pointer,
            codes,
            sums == null ? null : partSums.Pointer,
            sums == null ? null : partCounts.Pointer
        );
        if (host.Width == VectorWidth.Bits512)
            host.For(parts, new Assign<Simd512, Vector512<float>, N8>(assignment));
        else
            host.For(parts, new Assign<Simd256, Vector256<float>, N4>(assignment));
        if (sums != null)
            host.For(Division.Ceil(k, Merge.Centroids), new Merge(assignment, sums, counts));
    }

    /// <summary>All that one pass over the blocks needs.</summary>
    readonly unsafe struct Assignment(
        int n,
        int d,
        int k,
        int parts,
        float* blocks,
        float* tiles,
        float* scratch,
        ushort* codes,
        double* sums,
        int* counts
    )
    {
        public readonly int N = n,
            D = d,
            K = k,
            Parts = parts;

        public readonly float* Blocks = blocks,
            Tiles = tiles,
            Scratch = scratch;

        public readonly ushort* Codes = codes;

        /// <summary>[parts][k][d rounded up to 4], or null. In double: a million blocks of one centroid lose nothing.</summary>
        public readonly double* Sums = sums;

        /// <summary>[parts][k], or null.</summary>
        public readonly int* Counts = counts;

        /// <summary>Doubles of a centroid's sum.</summary>
        public int Padded => (D + 3) & ~3;

        public int FirstBlock(int part) => Math.Min(N, Division.Cut(part, Parts, Division.Ceil(N, PartUnit)) * PartUnit);
    }

    /// <summary>One part of the blocks: codes, and the part's own sums and counts.</summary>
    readonly unsafe struct Assign<S, V, T>(Assignment a) : IHostWork
        where S : struct, ISimd<V>
        where V : unmanaged
        where T : struct, IConstant
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int part, int thread)
        {
            double* sums = a.Sums == null ? null : a.Sums + ((nint)part * a.K * a.Padded);
            int* counts = a.Counts == null ? null : a.Counts + ((nint)part * a.K);
            if (sums != null)
            {
                new Span<double>(sums, a.K * a.Padded).Clear();
                new Span<int>(counts, a.K).Clear();
            }

            int unit = CentroidSearch<S, V, T>.BlockCount,
                end = a.FirstBlock(part + 1);
            float* transposed = a.Scratch + ((nint)thread * a.D * PartUnit),
                distances = stackalloc float[2 * unit],
                nearest = distances + unit;
            for (int first = a.FirstBlock(part); first < end; first += unit)
            {
                int count = Math.Min(unit, end - first);
                float* blocks = a.Blocks + ((nint)first * a.D);
                Transposition.Copy(blocks, a.D, count, a.D, transposed, unit);
                CentroidSearch<S, V, T>.Run(transposed, a.D, a.Tiles, CentroidTiles.Count(a.K), distances, nearest);
                FindAll(a.Tiles, a.K, a.D, blocks, count, distances, nearest, a.Codes + first);
                if (sums != null)
                    SumAll(blocks, count, first + count == a.N, a.Codes + first, a.D, sums, counts);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        static void FindAll(float* tiles, int k, int d, float* blocks, int count, float* distances, float* nearest, ushort* codes)
        {
            for (int i = 0; i < count; i++, blocks += d)
                codes[i] = (ushort)CentroidTiles.Find(tiles, float.ConvertToIntegerNative<int>(nearest[i]), k, d, blocks, distances[i]);
        }

        /// <summary>Adds blocks to their centroids, four coordinates at a time: the last ones reach into the next block and land in the
        /// padding.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        static void SumAll(float* blocks, int count, bool isEnd, ushort* codes, int d, double* sums, int* counts)
        {
            int padded = (d + 3) & ~3;
            float* last = isEnd ? blocks + ((nint)(count - 1) * d) : null; // nothing may be read after it
            for (int i = 0; i < count; i++, blocks += d)
            {
                nint code = codes[i];
                double* sum = sums + (code * padded);
                counts[code]++;
                int q = 0;
                for (int end = blocks == last ? d - 3 : d; q < end; q += 4)
                    (Vector256.Load(sum + q) + Vector256.WidenLower(Vector128.Load(blocks + q).ToVector256Unsafe())).Store(sum + q);
                for (; q < d; q++)
                    sum[q] += blocks[q];
            }
        }
    }

    /// <summary>The parts' sums and counts of some centroids, added in order.</summary>
    readonly unsafe struct Merge(Assignment a, float* sums, int* counts) : IHostWork
    {
        public const int Centroids = 128;

        public void Invoke(int item, int thread)
        {
            for (int j = item * Centroids; j < Math.Min(a.K, (item + 1) * Centroids); j++)
            {
                int count = 0;
                for (int part = 0; part < a.Parts; part++)
                    count += a.Counts[((nint)part * a.K) + j];
                counts[j] = count;
                for (int q = 0; q < a.D; q++)
                {
                    double sum = 0;
                    for (int part = 0; part < a.Parts; part++)
                        sum += a.Sums[((((nint)part * a.K) + j) * a.Padded) + q];
                    sums[((nint)j * a.D) + q] = (float)sum;
                }
            }
        }
    }
}
