using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Quantisation;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

public class NearestCentroidHostTests
{
    // Around the pairs of vectors (32 and 16 blocks), the tiles of eight centroids, and the parts of 1,024 blocks.
    static readonly (int N, int D, int K)[] Sizes =
    [
        (0, 4, 3),
        (1, 1, 1),
        (1, 4, 8),
        (31, 3, 7),
        (32, 4, 9),
        (33, 5, 15),
        (100, 8, 16),
        (129, 9, 256),
        (70, 16, 33),
        (65, 18, 100),
        (40, 64, 24),
        (17, 101, 11),
        (1023, 4, 5),
        (3000, 4, 20),
        (5000, 9, 64),
        (2500, 2, 1000),
        (50, 4, 65536),
    ];

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void Codes_sums_and_counts_equal_the_double_loops(string width)
    {
        foreach (var (n, d, k) in Sizes)
            HostCases.With(
                2,
                HostCases.Width(width),
                device =>
                {
                    Tensor<float> blocks = HostCases.Tensor(device, [n, d], 1),
                        codebook = HostCases.Tensor(device, [k, d], 2);
                    var result = NearestCentroid.WithSums(blocks, codebook);
                    ushort[] codes = result.Codes.ToArray();
                    Assert.Equal(codes, NearestCentroid.Forward(blocks, codebook).ToArray());
                    AssertNearest(blocks.ToArray(), codebook.ToArray(), d, codes);
                    AssertSums(blocks.ToArray(), codes, d, result.Sums.ToArray(), result.Counts.ToArray());
                    return 0;
                }
            );
    }

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void Does_not_depend_on_the_number_of_threads(string width)
    {
        foreach (var (n, d, k) in Sizes)
            HostCases.AssertThreadsDoNotMatter(
                HostCases.Width(width),
                device =>
                {
                    var result = NearestCentroid.WithSums(HostCases.Tensor(device, [n, d], 1), HostCases.Tensor(device, [k, d], 2));
                    return
                    [
                        .. result.Sums.ToArray(),
                        .. result.Codes.ToArray().Select(code => (float)code),
                        .. result.Counts.ToArray().Select(count => (float)count),
                    ];
                }
            );
    }

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void Ties_go_to_the_lower_code(string width) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                // Four centroids, each standing at five places of the codebook, in tiles of their own and together.
                var codebook = Tensor<float>.From(device, [20, 1], [.. Enumerable.Range(0, 20).Select(j => (float)(j * 7 % 4))]);
                var blocks = Tensor<float>.From(device, [50, 1], [.. Enumerable.Range(0, 50).Select(i => (float)(i % 4))]);
                ushort[] first = [0, 3, 2, 1]; // where 0, 1, 2 and 3 stand first: 0·7 %4 = 0, 1·7 % 4 = 3, 2·7 % 4 = 2, 3·7 % 4 = 1
                Assert.Equal(Enumerable.Range(0, 50).Select(i => first[i % 4]), NearestCentroid.Forward(blocks, codebook).ToArray());
                var between = Tensor<float>.From(device, [2, 1], [0.5f, 2.5f]);
                Assert.Equal([0, 1], NearestCentroid.Forward(between, codebook).ToArray());
                return 0;
            }
        );

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void Blocks_that_are_not_finite_get_some_code_of_the_codebook(string width)
    {
        float[] strange = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, -float.MaxValue];
        foreach (int k in new[] { 1, 3, 8, 9, 255 })
            HostCases.With(
                2,
                HostCases.Width(width),
                device =>
                {
                    var blocks = Tensor<float>.From(device, [25, 2], [.. strange.SelectMany(a => strange.SelectMany(b => new[] { a, b }))]);
                    Assert.All(
                        NearestCentroid.Forward(blocks, HostCases.Tensor(device, [k, 2], 3)).ToArray(),
                        code => Assert.InRange(code, 0, k - 1)
                    );
                    return 0;
                }
            );
    }

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void Centroids_that_are_not_finite_attract_nothing(string width) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                var codebook = Tensor<float>.From(device, [4, 1], [float.NaN, 5, float.PositiveInfinity, -5]);
                Assert.Equal([1, 3, 1], NearestCentroid.Forward(Tensor<float>.From(device, [3, 1], [4, -1, 0]), codebook).ToArray());
                return 0;
            }
        );

    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void A_million_blocks_of_one_centroid_sum_up_exactly(string width) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                const int N = 1_000_003;
                float[] values = new float[N];
                Array.Fill(values, 0.1f);
                var result = NearestCentroid.WithSums(Tensor<float>.From(device, [N, 1], values), Tensor<float>.From(device, [1, 1], [0]));
                Assert.Equal([(float)(N * (double)0.1f)], result.Sums.ToArray());
                Assert.Equal([N], result.Counts.ToArray());
                return 0;
            }
        );

    [Fact]
    public void Allocates_nothing_once_warm() =>
        HostCases.With(
            2,
            VectorWidth.Bits512,
            device =>
            {
                Tensor<float> blocks = HostCases.Tensor(device, [4096, 9], 1),
                    codebook = HostCases.Tensor(device, [256, 9], 2);
                var result = NearestCentroid.WithSums(blocks, codebook);
                long before = GC.GetAllocatedBytesForCurrentThread();
                NearestCentroid.WithSumsInto(blocks, codebook, result);
                Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
                return 0;
            }
        );

    /// <summary>No other centroid is nearer than rounding allows: the distance is expanded, with an error of the squares' size.</summary>
    static void AssertNearest(float[] blocks, float[] codebook, int d, ushort[] codes)
    {
        int k = codebook.Length / d;
        double Distance(int i, int j)
        {
            double sum = 0;
            for (int q = 0; q < d; q++)
                sum += Math.Pow((double)blocks[(i * d) + q] - codebook[(j * d) + q], 2);
            return sum;
        }

        for (int i = 0; i < codes.Length; i++)
        {
            int block = i;
            Assert.InRange(codes[i], 0, k - 1);
            Assert.InRange(
                Distance(i, codes[i]) - Enumerable.Range(0, k).Min(j => Distance(block, j)),
                0,
                4 * d * Math.Sqrt(d) / (1 << 24)
            );
        }
    }

    static void AssertSums(float[] blocks, ushort[] codes, int d, float[] sums, int[] counts)
    {
        var expected = new double[sums.Length];
        var expectedCounts = new int[counts.Length];
        for (int i = 0; i < codes.Length; i++)
        {
            expectedCounts[codes[i]]++;
            for (int q = 0; q < d; q++)
                expected[(codes[i] * d) + q] += blocks[(i * d) + q];
        }

        Assert.Equal(expectedCounts, counts);
        for (int i = 0; i < sums.Length; i++)
            HostCases.AssertSum(expected[i], Math.Abs(expected[i]), 1, sums[i]);
    }
}
