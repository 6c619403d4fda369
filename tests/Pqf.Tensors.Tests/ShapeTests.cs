using Xunit;

namespace Pqf.Tensors.Tests;

public class ShapeTests
{
    [Fact]
    public void Count_is_the_product_of_the_lengths()
    {
        Assert.Equal(24, new Shape(2, 3, 4).Count);
        Assert.Equal(0, new Shape(2, 0, 4).Count);
        Assert.Equal(int.MaxValue, new Shape(int.MaxValue).Count);
    }

    [Fact]
    public void Shapes_are_equal_when_all_lengths_are()
    {
        Assert.True(new Shape(2, 3) == [2, 3]);
        Assert.True(new Shape(2, 3) != [3, 2]);
        Assert.True(new Shape(2, 3) != [2, 3, 1]);
        Assert.Equal(new Shape(2, 3).GetHashCode(), new Shape(2, 3).GetHashCode());
        Assert.False(new Shape(2, 3).Equals("[2, 3]"));
    }

    [Fact]
    public void A_shape_prints_as_in_messages() => Assert.Equal("[2, 3]", new Shape(2, 3).ToString());

    [Fact]
    public void Last_is_the_last_axis_and_1_for_a_scalar()
    {
        Assert.Equal(3, new Shape(2, 3).Last);
        Shape scalar = [];
        Assert.Equal(1, scalar.Last);
    }

    [Theory]
    [InlineData(new long[0], int.MaxValue, true)]
    [InlineData(new long[] { 2, 0, 3 }, int.MaxValue, true)]
    [InlineData(new long[] { 2, -1 }, int.MaxValue, false)]
    [InlineData(new long[] { 65_536, 32_768 }, int.MaxValue, false)]
    [InlineData(new long[] { 128, 16_777_248, 0 }, int.MaxValue, false)]
    [InlineData(new long[] { 0, 128, 16_777_248 }, int.MaxValue, false)]
    [InlineData(new long[] { 0, 1L << 62, 4 }, int.MaxValue, false)]
    [InlineData(new long[] { 3, 5 }, 16, true)]
    [InlineData(new long[] { 4, 4 }, 16, false)]
    [InlineData(new long[] { 4, 0, 4 }, 16, false)]
    public void Lengths_that_nobody_has_checked_are_a_shape_or_none(long[] lengths, int limit, bool fits)
    {
        var shape = Shape.OrNull(lengths, limit);
        Assert.Equal(fits, shape is not null);
        if (shape is { } found)
            Assert.Equal(lengths, found.Select(length => (long)length));
    }

    [Fact]
    public void Lengths_below_zero_and_counts_past_31_bits_are_refused()
    {
        Assert.Equal("Shape: expected lengths of 0 or more, got [2, -1]", Assert.Throws<ShapeException>(() => new Shape(2, -1)).Message);
        Assert.Equal(
            "Shape: expected at most 2147483647 elements, got [65536, 32768]",
            Assert.Throws<ShapeException>(() => new Shape(65536, 32768)).Message
        );
    }
}
