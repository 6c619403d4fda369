using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Detection;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class BalancedSamplerTests
{
    static readonly RngKey Key = RngKey.FromSeed(5);

    // Every third box is of an object, every third between.
    static readonly int[] Matches =
    [
        .. Enumerable
            .Range(0, 90)
            .Select(i =>
                (i % 3) switch
                {
                    0 => i / 3,
                    1 => Matcher.Background,
                    _ => Matcher.Between,
                }
            ),
    ];

    [Theory]
    [InlineData(40, 0.25f, 10, 30)] // the fraction of the objects', the rest background
    [InlineData(7, 0.5f, 3, 4)] // the fraction is rounded down
    [InlineData(70, 0.5f, 30, 30)] // no more than there are
    [InlineData(20, 0f, 0, 20)]
    [InlineData(0, 0.5f, 0, 0)]
    public void Some_of_both_kinds_are_drawn(int count, float fraction, int positiveCount, int negativeCount)
    {
        var (positive, negative) = new BalancedSampler(count, fraction).Draw(Matches, Key);
        Assert.Equal((positiveCount, negativeCount), (positive.Length, negative.Length));
        Assert.All(positive, i => Assert.True(Matches[i] >= 0));
        Assert.All(negative, i => Assert.Equal(Matcher.Background, Matches[i]));
        Assert.All((ImmutableArray<int>[])[positive, negative], drawn => Assert.Equal(drawn.Distinct().Order(), drawn));
    }

    [Fact]
    public void Background_fills_up_where_objects_are_few()
    {
        int[] matches = [0, .. Enumerable.Repeat(Matcher.Background, 20)];
        Assert.Equal((1, 15), Counts(new BalancedSampler(16, 0.5f).Draw(matches, Key)));
        Assert.Equal((0, 0), Counts(new BalancedSampler(16, 0.5f).Draw([], Key)));
    }

    [Fact]
    public void Equal_keys_draw_the_same_and_other_keys_others()
    {
        var sampler = new BalancedSampler(20, 0.5f);
        int[] Drawn(RngKey key) => sampler.Draw(Matches, key) is var (positive, negative) ? [.. positive, .. negative] : [];
        Assert.Equal(Drawn(Key), Drawn(Key));
        Assert.NotEqual(Drawn(Key), Drawn(RngKey.FromSeed(6)));
    }

    [Fact]
    public void Each_box_is_as_likely_as_another()
    {
        var sampler = new BalancedSampler(20, 0.5f);
        int[] counts = new int[90];
        for (int i = 0; i < 3000; i++)
        {
            var (positive, negative) = sampler.Draw(Matches, Key.Fold((ulong)i));
            foreach (int box in positive.Concat(negative))
                counts[box]++;
        }

        // A third of 3000, deviation √(3000 · 1/3 · 2/3) = 25.8: five of them.
        Assert.All(Enumerable.Range(0, 90).Where(i => i % 3 != 2), i => Assert.InRange(counts[i], 870, 1130));
    }

    static (int, int) Counts((ImmutableArray<int> Positive, ImmutableArray<int> Negative) drawn) =>
        (drawn.Positive.Length, drawn.Negative.Length);
}
