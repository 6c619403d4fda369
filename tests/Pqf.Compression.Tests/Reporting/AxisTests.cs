using Pqf.Compression.Reporting;
using Xunit;

namespace Pqf.Compression.Tests.Reporting;

public class AxisTests
{
    [Theory]
    [InlineData(0.3067, 0.6933, new[] { 0.4, 0.5, 0.6 })]
    [InlineData(0, 1, new[] { 0, 0.2, 0.4, 0.6, 0.8, 1 })]
    [InlineData(-0.3, 1.2, new[] { 0, 0.5, 1 })]
    [InlineData(0.26, 0.9325, new[] { 0.4, 0.6, 0.8 })]
    [InlineData(980, 1030, new[] { 980d, 990, 1000, 1010, 1020, 1030 })]
    public void Marks_are_round_values_within_the_axis(double least, double most, double[] expected)
    {
        double[] marks = [.. Axis.Ticks(least, most)];
        Assert.Equal(expected.Length, marks.Length);
        Assert.All(marks.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-9 * most));
        Assert.All(marks, mark => Assert.False(double.IsNegative(mark)));
    }
}
