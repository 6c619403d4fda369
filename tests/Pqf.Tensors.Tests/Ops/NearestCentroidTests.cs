using Pqf.Tensors.Ops.Quantisation;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class NearestCentroidTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(14);

    /// <summary>n blocks of d, k centroids.</summary>
    public sealed record Sizes(int N, int K, int D);

    static readonly Sizes[] AllSizes =
    [
        new(0, 3, 4),
        new(1, 1, 1),
        new(5, 7, 3),
        new(13, 8, 4),
        new(14, 16, 4),
        new(15, 17, 8),
        new(33, 31, 9),
        new(64, 33, 16),
        new(65, 5, 18),
        new(100, 256, 4),
        new(700, 2, 2),
        new(2000, 12, 4),
    ];

    public static MatrixTheoryData<DeviceKind, Sizes> Cases => new(DeviceKinds.All, AllSizes);

    [Theory, MemberData(nameof(Cases))]
    public void No_centroid_is_nearer_than_the_chosen_one_but_for_rounding(DeviceKind kind, Sizes s)
    {
        var device = Use(kind, s.N);
        var (blocks, codebook) = (Numbers.Normal(Key.Fold("blocks"), [s.N, s.D]), Numbers.Normal(Key.Fold("codebook"), [s.K, s.D]));
        ushort[] codes = NearestCentroid.Forward(blocks.On(device), codebook.On(device)).ToArray();
        ushort[] nearest = Reference.NearestCentroid(blocks, codebook);
        Assert.All(
            Enumerable.Range(0, s.N),
            block =>
            {
                var (chosen, tolerance) = Reference.Distance(blocks, block, codebook, codes[block]);
                var (least, leastTolerance) = Reference.Distance(blocks, block, codebook, nearest[block]);
                Assert.InRange(chosen, least, least + tolerance + leastTolerance);
            }
        );
    }

    [Theory, MemberData(nameof(Cases))]
    public void Ties_go_to_the_lower_code(DeviceKind kind, Sizes s)
    {
        var device = Use(kind, s.N);
        var (blocks, codebook) = (
            Numbers.Whole(Key.Fold("blocks"), [s.N, s.D], -2, 2),
            Numbers.Whole(Key.Fold("codebook"), [s.K, s.D], -2, 2)
        ); // small whole numbers: distances are exact
        Assert.Equal(
            Reference.NearestCentroid(blocks, codebook),
            NearestCentroid.Forward(blocks.On(device), codebook.On(device)).ToArray()
        );
    }

    [Theory, MemberData(nameof(Cases))]
    public void Sums_and_counts_are_those_of_the_codes(DeviceKind kind, Sizes s)
    {
        var device = Use(kind, Math.Max(s.N, s.K * s.D));
        var (blocks, codebook) = (Numbers.Normal(Key.Fold("blocks"), [s.N, s.D]), Numbers.Normal(Key.Fold("codebook"), [s.K, s.D]));
        var result = NearestCentroid.WithSums(blocks.On(device), codebook.On(device));
        ushort[] codes = result.Codes.ToArray();
        Assert.Equal(NearestCentroid.Forward(blocks.On(device), codebook.On(device)).ToArray(), codes);
        Reference.ClusterSums(blocks, codes, s.K).Check(result.Sums);
        Assert.Equal([.. Enumerable.Range(0, s.K).Select(code => codes.Count(c => c == code))], result.Counts.ToArray());
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Codes_reach_the_largest_codebook_s_end(DeviceKind kind)
    {
        var device = Use(kind);
        float[] codebook = [.. Enumerable.Range(0, 65536).SelectMany(i => new float[] { i % 256, i / 256 })]; // distances are exact
        var codes = NearestCentroid.Forward(
            Tensor<float>.From(device, [3, 2], [255f, 255f, 0f, 0f, 7f, 129f]),
            Tensor<float>.From(device, [65536, 2], codebook)
        );
        Assert.Equal([65535, 0, 33031], codes.ToArray());
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void A_NaN_block_gets_a_code_below_k(DeviceKind kind)
    {
        var device = Use(kind);
        var codes = NearestCentroid.Forward(
            Tensor<float>.From(device, [2, 2], [float.NaN, 1f, 3f, float.NaN]),
            Tensor<float>.From(device, [3, 2], [1, 2, 3, 4, 5, 6])
        );
        Assert.All(codes.ToArray(), code => Assert.InRange(code, 0, 2));
    }

    [Fact]
    public void Block_lengths_that_differ_are_named()
    {
        var device = Use(DeviceKind.Host);
        var e = Assert.Throws<ShapeException>(() =>
            NearestCentroid.Forward(Tensor<float>.Zeros(device, [5, 4]), Tensor<float>.Zeros(device, [3, 5]))
        );
        Assert.Equal("NearestCentroid: expected blocks [n, d] and a codebook [k, d] with 1 ≤ k ≤ 65536, got [5, 4] and [3, 5]", e.Message);
    }
}
