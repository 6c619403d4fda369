using System.Collections.Immutable;
using Pqf.Compression.Tests.Collectives;
using Pqf.Compression.Training;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Compression.Tests.Training;

public sealed class BucketPlanTests
{
    // The order in which gradients became final, and buckets of at least 40 bytes: of a 12, b 40, c 4, d 36 and e 8 bytes.
    [Theory]
    [InlineData("edcba", "ed cb a")]
    [InlineData("bdeca", "b de ca")]
    [InlineData("b", "b acd e")]
    [InlineData("", "ab cd e")]
    [InlineData("ecaxeb", "ecab d")]
    public void A_bucket_is_full_once_it_has_its_bytes(string seen, string expected) =>
        WithParameters(trainable => Assert.Equal(expected, Text(BucketPlan.Of(seen.Select(name => $"{name}"), trainable, 40))));

    [Theory]
    [InlineData(1, "e d c b a")]
    [InlineData(100, "edcba")]
    [InlineData(101, "edcba")]
    public void Buckets_may_have_any_size(int bucketBytes, string expected) =>
        WithParameters(trainable => Assert.Equal(expected, Text(BucketPlan.Of(["e", "d", "c", "b", "a"], trainable, bucketBytes))));

    [Fact]
    public void All_ranks_have_the_plan_of_rank_0() =>
        WithParameters(trainable =>
            Assert.Equal(
                ["ca b d e", "ca b d e", "ca b d e"],
                RankThreads.Run(
                    3,
                    ranks => Text(BucketPlan.Share(ranks, ranks.Rank == 0 ? ["c", "a", "b"] : ["e", $"{ranks.Rank}"], trainable, 16))
                )
            )
        );

    static string Text(BucketPlan plan) => string.Join(' ', plan.Buckets.Select(names => string.Concat(names)));

    static void WithParameters(Action<ImmutableDictionary<string, Tensor<float>>> check)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        (string, int)[] counts = [("a", 3), ("b", 10), ("c", 1), ("d", 9), ("e", 2)];
        check(counts.ToImmutableDictionary(pair => pair.Item1, pair => Tensor<float>.Zeros(device, [pair.Item2])));
    }
}
