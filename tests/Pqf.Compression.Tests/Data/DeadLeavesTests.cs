using Pqf.Compression.Data;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Data;

/// <summary>Drawn pictures: one key, one picture; values as photographs have them.</summary>
public sealed class DeadLeavesTests
{
    const int Side = 64;

    static readonly ImageSet.Synthetic set = new(16, Side, RngKey.FromSeed(1));

    [Fact]
    public void A_number_of_a_set_is_always_the_same_picture_and_no_other()
    {
        Assert.Equal(Pixels(3), Pixels(3));
        Assert.NotEqual(Pixels(3), Pixels(4));
        Assert.NotEqual(Pixels(3), (set with { Key = RngKey.FromSeed(2) }).Decode(3).Value().Pixels.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(300)]
    public void Any_side_gives_a_picture_of_that_side(int side)
    {
        var picture = (set with { Side = side }).Decode(0).Value();
        Assert.Equal((side, side, 3), (picture.Height, picture.Width, picture.Channels));
    }

    /// <summary>Mean and deviation of ImageNet's photographs are 0.45 and 0.23 of the range; neighbours are alike, and channels
    /// vary together without being equal.</summary>
    [Fact]
    public void Pixels_vary_as_those_of_photographs()
    {
        double[][] all = [.. Enumerable.Range(0, set.Count).Select(i => Pixels(i).Select(value => value / 255.0).ToArray())];
        double[] values = [.. all.SelectMany(picture => picture)];
        double mean = values.Average(),
            deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        Assert.InRange(mean, 0.35, 0.55);
        Assert.InRange(deviation, 0.15, 0.3);

        Assert.InRange(all.Average(picture => Correlation(picture, 3)), 0.75, 0.99);
        Assert.InRange(all.Average(picture => Correlation(picture, 3 * 16)), -0.2, 0.6);
        Assert.InRange(all.Average(picture => Correlation([.. picture.Where((_, i) => i % 3 < 2)], 1, 2)), 0.6, 0.99);
    }

    /// <summary>Of values and those a number of places on.</summary>
    static double Correlation(double[] values, int places, int step = 1)
    {
        double mean = values.Average(),
            both = 0,
            own = 0;
        for (int i = 0; i + places < values.Length; i += step)
        {
            both += (values[i] - mean) * (values[i + places] - mean);
            own += (values[i] - mean) * (values[i] - mean);
        }

        return both / own;
    }

    static byte[] Pixels(int index) => set.Decode(index).Value().Pixels.ToArray();
}
