using Xunit;

namespace Pqf.Tensors.Tests;

public class ShapeSpreadTests
{
    [Fact]
    public void A_spread_holds_the_axis_lengths_only()
    {
        Shape shape = [2, 3, 4];
        int[] axes = [.. shape];
        Assert.Equal(new[] { 2, 3, 4 }, axes);
    }

    [Fact]
    public void A_list_pattern_sees_the_axes()
    {
        Shape shape = [2, 3, 4];
        Assert.True(shape is [2, 3, 4]);
    }
}
