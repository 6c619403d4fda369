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
    public void Proportions_add_by_counts() => Assert.Equal(new Proportion(5, 9), new Proportion(2, 4) + new Proportion(3, 5));
}
