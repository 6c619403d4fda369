using Pqf.Nets.Metrics;
using Xunit;

namespace Pqf.Nets.Tests;

public class ProportionTests
{
    [Theory]
    // Produced by, in Python: p=right/n; z=1.959963984540054; c=(p+z*z/2/n)/(1+z*z/n); h=z/(1+z*z/n)*sqrt(p*(1-p)/n+z*z/4/n/n)
    [InlineData(297, 400, 0.6975, 0.7829)]
    [InlineData(0, 10, 0.0, 0.2775)]
    [InlineData(10, 10, 0.7225, 1.0)]
    public void The_interval_is_Wilsons(int right, int count, double low, double high)
    {
        var interval = new Proportion(right, count).Interval95;
        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
    }

    [Fact]
    public void The_interval_of_none_begins_at_0_and_that_of_all_ends_at_1()
    {
        for (int count = 1; count <= 3000; count++)
        {
            var (none, all) = (new Proportion(0, count).Interval95, new Proportion(count, count).Interval95);
            Assert.Equal((0.0, 1.0), (none.Low, all.High));
            Assert.True(none.High is > 0 and < 1 && all.Low is > 0 and < 1, $"{none}, {all}");
        }
    }

    [Fact]
    public void Proportions_add_by_counts() => Assert.Equal(new Proportion(5, 9), new Proportion(2, 4) + new Proportion(3, 5));
}
