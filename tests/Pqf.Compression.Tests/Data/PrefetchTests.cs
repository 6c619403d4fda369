using Pqf.Compression.Data;
using Xunit;

namespace Pqf.Compression.Tests.Data;

public class PrefetchTests
{
    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 3)]
    [InlineData(20, 1)]
    [InlineData(20, 4)]
    public void Results_come_in_order(int count, int threads) =>
        Assert.Equal(
            Enumerable.Range(0, count).Select(i => i * i),
            Prefetch.Make(count, threads, i => i * i, TestContext.Current.CancellationToken)
        );

    [Fact]
    public void No_more_are_made_than_were_asked_for()
    {
        int made = 0;
        Assert.Equal(0, Prefetch.Make(100, 3, i => Interlocked.Increment(ref made) * 0, TestContext.Current.CancellationToken).First());
        Assert.InRange(made, 1, 3);
    }

    [Fact]
    public void What_is_thrown_comes_in_its_result_s_place()
    {
        using var results = Prefetch
            .Make(5, 5, i => i < 2 ? i : throw new InvalidOperationException($"{i}"), TestContext.Current.CancellationToken)
            .GetEnumerator();
        Assert.True(results.MoveNext() && results.MoveNext());
        Assert.Equal("2", Assert.Throws<InvalidOperationException>(() => results.MoveNext()).Message);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(16, 4)]
    public void Groups_come_in_order_and_the_last_has_fewer(int threads, int groups) =>
        Assert.Equal(
            [
                [0, 1, 2],
                [3, 4, 5],
                [6, 7],
            ],
            Prefetch.Groups(8, new PrefetchOptions(3, threads, groups), i => i, TestContext.Current.CancellationToken)
        );

    [Fact]
    public void A_group_s_memory_is_free_when_the_group_that_shares_it_is_made()
    {
        // Two groups of two exist at the same time: call i may use the memory of call i − 4 once its group was given back.
        int returned = 0;
        foreach (var group in Prefetch.Groups(12, new PrefetchOptions(2, 4, 2), Make, TestContext.Current.CancellationToken))
        {
            Assert.All(group, isFree => Assert.True(isFree));
            Interlocked.Increment(ref returned);
        }

        bool Make(int i) => (i / 2) - Volatile.Read(ref returned) < 2;
    }

    [Fact]
    public void The_first_failure_of_a_group_is_thrown_whatever_the_threads()
    {
        using var groups = Prefetch
            .Groups<int>(
                6,
                new PrefetchOptions(3, 3, 2),
                i => i < 3 ? i : throw new InvalidOperationException($"{i}"),
                TestContext.Current.CancellationToken
            )
            .GetEnumerator();
        Assert.True(groups.MoveNext());
        Assert.Equal("3", Assert.Throws<InvalidOperationException>(() => groups.MoveNext()).Message);
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        using var source = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (int i in Prefetch.Make(5, 2, i => i, source.Token))
                source.Cancel();
        });
    }
}
