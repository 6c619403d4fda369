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
