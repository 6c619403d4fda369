using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pqf.Tensors.Ops.Quantisation;

/// <summary>A codebook in tiles of eight centroids [k / 8][1 + d][8]: |c|², then −2c coordinate by coordinate.</summary>
/// <remarks>
/// The squared distance of x and c, less |x|², is a chain of d multiply-adds from |c|², the same in every width: so the centroid can be
/// found again in its
/// tile by the value alone. Centroids that are missing, infinite or NaN lie at infinity.
/// </remarks>
static unsafe class CentroidTiles
{
    public const int Centroids = 8;

    public static int Count(int k) => Division.Ceil(k, Centroids);

    public static long FloatCount(int k, int d) => (long)Count(k) * Centroids * (d + 1);

    public static void Pack(float* codebook, int k, int d, float* tiles)
    {
        for (int j = 0; j < Count(k) * Centroids; j++)
        {
            float* from = codebook + ((nint)j * d),
                to = tiles + ((nint)(j / Centroids) * Centroids * (d + 1)) + (j % Centroids);
            double square = 0;
            for (int q = 0; q < d && j < k; q++)
                square += (double)from[q] * from[q];
            bool reachable = j < k && float.IsFinite((float)square);
            *to = reachable ? (float)square : float.PositiveInfinity;
            for (int q = 0; q < d; q++)
                to[(q + 1) * Centroids] = reachable ? -2 * from[q] : 0;
        }
    }

    /// <summary>The first centroid of a tile at a given distance from a block; 0 … k − 1 whatever the values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Find(float* tiles, int tile, int k, int d, float* block, float distance)
    {
        float* c = tiles + ((nint)tile * Centroids * (d + 1)),
            end = block + d;
        var sum = Vector256.Load(c);
        for (; block <= end - 4; block += 4, c += 4 * Centroids)
        {
            sum = Add(sum, block[0], c + Centroids);
            sum = Add(sum, block[1], c + (2 * Centroids));
            sum = Add(sum, block[2], c + (3 * Centroids));
            sum = Add(sum, block[3], c + (4 * Centroids));
        }

        for (; block < end; block++, c += Centroids)
            sum = Add(sum, block[0], c + Centroids);
        uint mask = Vector256.Equals(sum, Vector256.Create(distance)).ExtractMostSignificantBits();
        // No distance of a NaN block equals another
        int first = (tile * Centroids) + (mask == 0 ? 0 : BitOperations.TrailingZeroCount(mask));
        return Math.Min(first, k - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> Add(Vector256<float> sum, float x, float* c) =>
        Vector256.MultiplyAddEstimate(Vector256.Create(x), Vector256.Load(c), sum);
}
