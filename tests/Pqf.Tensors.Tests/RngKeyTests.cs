using Xunit;

namespace Pqf.Tensors.Tests;

public class RngKeyTests
{
    [Fact]
    public void A_key_of_zero_gives_SplitMix64_s_published_stream()
    {
        // The first outputs of SplitMix64 (Steele, Lea, Flood 2014) from state 0, as in Vigna's splitmix64.c.
        Assert.Equal(
            [0xE220A8397B1DCDAFUL, 0x6E789E6AA1B965F4UL, 0x06C45D188009454FUL],
            new ulong[] { 0, 1, 2 }.Select(new RngKey(0).Bits)
        );
        Assert.Equal(0xE220A8397B1DCDAFUL, RngKey.FromSeed(0).State);
    }

    // Produced by: the same arithmetic in Python's integers; FNV-1a over the name, folded as mix(state ^ mix(part + golden)).
    [Fact]
    public void Keys_and_draws_are_those_computed_elsewhere()
    {
        Assert.Equal(0x8E58975F6D0DC556UL, RngKey.FromSeed(0).Fold(1).State);
        Assert.Equal(0x618F597966555CCBUL, RngKey.FromSeed(0).Fold("layer3.0.conv1").State);
        Assert.Equal(0xE4D971771B652C20UL, RngKey.FromSeed(-1).State);
        var key = RngKey.FromSeed(42);
        Assert.Equal([0x57E1FABA65107204UL, 0xF4ABD143FEB24055UL, 0x7C816738C12903B2UL], new ulong[] { 0, 1, 2 }.Select(key.Bits));
        Assert.Equal([343, 955, 486, 67, 676, 67, 195, 734], Enumerable.Range(0, 8).Select(i => key.Below(1000, (ulong)i)));
        Assert.Equal([0.34329192209867343, 0.9557467261317436, 0.48634953628166855], new ulong[] { 0, 1, 2 }.Select(key.Uniform));
        Assert.Equal([4, 2, 6, 9, 3, 0, 8, 5, 1, 7], key.Permutation(10));
        double[] normals = [0.8818545873573221, 1.052462856238756, 1.3700036369000232, -0.06320005984318515];
        Assert.All(normals, (expected, i) => Assert.Equal(expected, key.Normal((ulong)i), 1e-14)); // log and cos are each platform's own
    }

    [Fact]
    public void Draws_have_the_mean_and_variance_of_their_distribution()
    {
        const int Count = 100_000;
        var key = RngKey.FromSeed(1);
        double[] uniform = [.. Enumerable.Range(0, Count).Select(i => key.Uniform((ulong)i))];
        double[] normal = [.. Enumerable.Range(0, Count).Select(i => key.Normal((ulong)i))];
        double fiveDeviations = 5 / Math.Sqrt(Count);
        Assert.InRange(uniform.Average(), 0.5 - (fiveDeviations * Math.Sqrt(1 / 12.0)), 0.5 + (fiveDeviations * Math.Sqrt(1 / 12.0)));
        Assert.InRange(normal.Average(), -fiveDeviations, fiveDeviations);
        Assert.InRange(normal.Average(v => v * v), 1 - (fiveDeviations * Math.Sqrt(2)), 1 + (fiveDeviations * Math.Sqrt(2)));
        Assert.All(uniform, v => Assert.True(v is >= 0 and < 1));
        Assert.Equal(7, Enumerable.Range(0, 1000).Select(i => key.Below(7, (ulong)i)).Distinct().Count());
    }

    [Fact]
    public void Streams_of_different_keys_are_uncorrelated()
    {
        const int Count = 10_000;
        var key = RngKey.FromSeed(3);
        RngKey[] keys =
        [
            key,
            key.Fold(0),
            key.Fold(1),
            key.Fold("a"),
            key.Fold("b"),
            key.Fold("a").Fold("b"),
            key.Fold("b").Fold("a"),
            RngKey.FromSeed(4),
        ];
        foreach (var a in keys)
        foreach (var b in keys.Where(b => b != a))
            Assert.InRange(
                Enumerable.Range(0, Count).Average(i => a.Normal((ulong)i) * b.Normal((ulong)i)),
                -5 / Math.Sqrt(Count),
                5 / Math.Sqrt(Count)
            );
    }

    [Fact]
    public void A_permutation_holds_every_number_once()
    {
        Assert.Equal(Enumerable.Range(0, 1000), RngKey.FromSeed(5).Permutation(1000).Order());
        Assert.Empty(RngKey.FromSeed(5).Permutation(0));
    }
}
