using Pqf.Nets.Metrics;
using Xunit;

namespace Pqf.Nets.Tests;

public class RankingTests
{
    static readonly float[] Scores = [1, 5, float.NaN, 5, -2];

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 1)]
    [InlineData(0, 2)]
    [InlineData(4, 3)]
    [InlineData(2, 4)]
    public void Equal_scores_go_by_number_and_what_is_not_a_number_comes_last(int label, int expected) =>
        Assert.Equal(expected, Ranking.RankOf(Scores, label));

    [Fact]
    public void The_first_is_the_first_of_the_top()
    {
        Assert.Equal(1, Ranking.First(Scores));
        Assert.Equal(1, Ranking.First([float.NaN, -3]));
        Assert.Equal(0, Ranking.First([2, 2]));
        Assert.Equal(0, Ranking.First([float.NaN, float.NaN]));
    }

    [Fact]
    public void Top_is_best_first() => Assert.Equal([1, 3, 0, 4, 2], Ranking.Top(Scores, 9));

    [Fact]
    public void Top_takes_as_many_as_asked() => Assert.Equal([1, 3], Ranking.Top(Scores, 2));
}
