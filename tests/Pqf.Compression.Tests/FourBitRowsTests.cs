using Pqf.Bench.FourBit;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

/// <summary>The rounding to 4 bits that the bench compares with.</summary>
public class FourBitRowsTests
{
    [Fact]
    public void Multiples_of_a_scale_from_minus_7_to_7_stay_as_they_are()
    {
        float[] row = [.. Enumerable.Range(-7, 15).Select(code => 0.25f * code)];
        Assert.Equal(row, FourBitRows.Rounded(row, 1));
    }

    // By hand: row 1 has the scale 7/7 = 1, row 2 the scale 0.07/7 = 0.01 in half precision, 0.010002136.
    [Fact]
    public void Each_row_has_a_scale_of_its_own()
    {
        float[] rounded = FourBitRows.Rounded([7, 1, -2, 0.07f, 0.01f, -0.02f], 2);
        Assert.Equal([7, 1, -2], rounded[..3]);
        float scale = (float)(Half)0.01f;
        Assert.Equal([7 * scale, scale, -2 * scale], rounded[3..]);
    }

    // 64 weights of 0.5 lie halfway between the codes 0 and 1 of the scale 1, which 7 asks for. Smaller scales cut 7 off and fit them
    // better.
    [Fact]
    public void A_large_weight_is_cut_off_where_the_others_gain_more()
    {
        float[] row = [7, .. Enumerable.Repeat(0.5f, 64)];
        float[] rounded = FourBitRows.Rounded(row, 1);
        Assert.True(rounded[0] < 7);
        Assert.True(Error(row, rounded) < 64 * 0.25);
        // By a plain loop over scales from 0.5 to 1 in steps of 0.02, in single and not in half precision: 2⁻¹¹ of a scale apart.
        double least = Enumerable
            .Range(0, 26)
            .Select(i => 1 - (0.02 * i))
            .Min(scale => row.Sum(weight => Math.Pow(weight - (scale * Math.Clamp(Math.Round(weight / scale), -8, 7)), 2)));
        Assert.Equal(least, Error(row, rounded), 0.05 * least);
    }

    [Fact]
    public void Rows_of_zeros_and_tiny_rows_stay_finite()
    {
        Assert.Equal([0, 0], FourBitRows.Rounded([0, 0], 1));
        Assert.All(FourBitRows.Rounded([1e-30f, -1e-30f], 1), value => Assert.Equal(0, value));
        Assert.Empty(FourBitRows.Rounded([], 3));
    }

    static double Error(float[] row, float[] rounded) => row.Zip(rounded, (a, b) => Math.Pow(a - b, 2)).Sum();
}
