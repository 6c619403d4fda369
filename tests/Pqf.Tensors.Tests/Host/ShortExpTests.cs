using System.Numerics;
using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices.Host;
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

    [Fact]
    public void Of_negative_is_right_to_roundings_that_grow_with_its_argument()
    {
        for (double x = -87.3; x < 87.3; x += 0.00137)
        {
            double expected = Math.Exp(-(float)x),
                tolerance = Math.Pow(2, -24) * (4 + (4 * Math.Abs(x))); // its documentation's, and the sum's own
            foreach (float actual in OfNegative((float)x))
                Assert.InRange((actual - expected) / expected, -tolerance, tolerance);
        }
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(1e38f, 0f)]
    [InlineData(float.PositiveInfinity, 0f)]
    [InlineData(-89f, float.PositiveInfinity)]
    [InlineData(-1e38f, float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    public void Of_negative_ends_at_zero_and_infinity_and_keeps_NaN(float x, float expected) =>
        Assert.All(OfNegative(x), actual => Assert.Equal(expected, actual));

    /// <summary>By both widths of vectors.</summary>
    static float[] OfNegative(float x) =>
        [
            ShortExp.OfNegative<Simd256, Vector256<float>>(Vector256.Create(x))[7],
            ShortExp.OfNegative<Simd512, Vector512<float>>(Vector512.Create(x))[15],
        ];
}
