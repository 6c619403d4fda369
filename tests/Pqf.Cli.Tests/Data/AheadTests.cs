using Pqf.Cli.Data;
using Xunit;

namespace Pqf.Cli.Tests.Data;

public class AheadTests
{
    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 3)]
    [InlineData(20, 1)]
    [InlineData(20, 4)]
    public void Results_come_in_order(int count, int threads) =>
        Assert.Equal(
            Enumerable.Range(0, count).Select(i => i * i),
            Ahead.Make(count, threads, i => i * i, TestContext.Current.CancellationToken)
        );

    [Fact]
    public void No_more_are_made_than_were_asked_for()
    {
        int made = 0;
        Assert.Equal(0, Ahead.Make(100, 3, i => Interlocked.Increment(ref made) * 0, TestContext.Current.CancellationToken).First());
        Assert.InRange(made, 1, 3);
    }

    [Fact]
    public void What_is_thrown_comes_in_its_result_s_place()
    {
        using var results = Ahead
            .Make(5, 5, i => i < 2 ? i : throw new InvalidOperationException($"{i}"), TestContext.Current.CancellationToken)
            .GetEnumerator();
        Assert.True(results.MoveNext() && results.MoveNext());
        Assert.Equal("2", Assert.Throws<InvalidOperationException>(() => results.MoveNext()).Message);
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        using var source = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (int i in Ahead.Make(5, 2, i => i, source.Token))
                source.Cancel();
        });
    }
}
