using System.Numerics;
using Pqf.Tensors.Ops.Elementwise;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

public class ShortExpTests
{
    // Its documentation's, in parts of the value.
    const double Tolerance = 1.5e-7;

    [Fact]
    public void It_is_right_to_its_tolerance_wherever_the_value_is_a_normal_single()
    {
        for (double x = -87.3; x < 88.3; x += 0.00137)
        {
            double expected = Math.Exp((float)x);
            Assert.InRange((ShortExp.Of(new Vector<float>((float)x))[0] - expected) / expected, -Tolerance, Tolerance);
        }
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(-88f, 0f)]
    [InlineData(-1e38f, 0f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(89f, float.PositiveInfinity)]
    [InlineData(1e38f, float.PositiveInfinity)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    public void Beyond_them_it_ends_at_zero_and_infinity_and_keeps_NaN(float x, float expected) =>
        Assert.Equal(expected, ShortExp.Of(new Vector<float>(x))[0]);
}
