using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Xunit;

namespace Pqf.Compression.Tests.Allocation;

public sealed class SizeAllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Gives_the_least_error_of_all_choices_that_use_the_budget(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 50; round++)
        {
            var layers = Enumerable.Range(0, 4).Select(i => Layer(random)).ToImmutableArray();
            long least = layers.Sum(layer => layer[0].Bits),
                most = layers.Sum(layer => layer[^1].Bits),
                budget = random.NextInt64(least, most + 1);

            var chosen = SizeAllocation.Of(layers, budget);

            var all = All(layers).Where(choices => Bits(choices) <= budget).ToArray();
            var full = all.Where(choices => Bits(choices) >= 0.99 * budget).ToArray();
            if (full.Length > 0)
                Assert.Equal(full.Min(choices => Effect(choices)), Effect(chosen), 1e-12);
            else
                Assert.Equal(all.Max(Bits), Bits(chosen));
            Assert.InRange(Bits(chosen), least, budget);
        }
    }

    [Fact]
    public void Gives_a_sensitive_layer_more_bits_than_its_twin()
    {
        ImmutableArray<LayerChoice> calm = [new(8, 2, 100, 0.5), new(8, 4, 200, 0.25), new(8, 8, 300, 0.125)],
            sensitive = [.. calm.Select(choice => choice with { Effect = 10 * choice.Error })];
        calm = [.. calm.Select(choice => choice with { Effect = choice.Error })];

        var chosen = SizeAllocation.Of([calm, sensitive], 400);

        Assert.Equal([100, 300], chosen.Select(choice => choice.Bits));
    }

    [Fact]
    public void Refuses_a_budget_below_the_smallest_choices() =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            SizeAllocation.Of(
                [
                    [new(1, 1, 100, 0)],
                ],
                99
            )
        );

    [Fact]
    public void Leaves_out_choices_that_another_beats() =>
        Assert.Equal(
            [10, 30, 50],
            LayerChoice
                .Best([new(1, 1, 50, 0.1), new(1, 1, 10, 0.9), new(1, 1, 40, 0.6), new(1, 1, 30, 0.5), new(1, 1, 30, 0.7)])
                .Select(choice => choice.Bits)
        );

    [Theory]
    [InlineData("1MB", 8_000_000)]
    [InlineData("1.029MiB", 8_631_877)] // 1.029 · 2²⁰ · 8 = 8,631,877.6
    [InlineData("900 kB", 7_200_000)]
    [InlineData("1048576", 8_388_608)]
    [InlineData("1_000B", 8_000)]
    [InlineData("0.5KiB", 4_096)]
    [InlineData("2g", 16_000_000_000)]
    [InlineData("999999999GB", 7_999_999_992_000_000_000)]
    public void Reads_sizes(string text, long bits) => Assert.Equal(bits, SizeTarget.Parse(text)?.Count);

    [Theory]
    [InlineData("")]
    [InlineData("MB")]
    [InlineData("-1MB")]
    [InlineData("0")]
    [InlineData("1 TB")]
    [InlineData("1MBB")]
    [InlineData("NaN")]
    [InlineData("1e30MB")]
    [InlineData("1.5")] // the unit is missing
    [InlineData("99")]
    [InlineData("0.00001MB")]
    [InlineData("1000000000GB")]
    public void Refuses_what_is_no_size(string text) => Assert.Null(SizeTarget.Parse(text));

    [Fact]
    public void Turns_a_ratio_into_bits() => Assert.Equal(8_638_902, new SizeTarget.Ratio(43.3).BitsFor(374_064_471));

    static ImmutableArray<LayerChoice> Layer(Random random)
    {
        double sensitivity = random.NextDouble() * 10;
        return
        [
            .. LayerChoice
                .Best(Enumerable.Range(0, 6).Select(_ => new LayerChoice(1, 1, random.Next(1, 300), random.NextDouble())))
                .Select(choice => choice with { Effect = sensitivity * choice.Error }),
        ];
    }

    static long Bits(ImmutableArray<LayerChoice> choices) => choices.Sum(choice => choice.Bits);

    static double Effect(ImmutableArray<LayerChoice> choices) => choices.Sum(choice => choice.Effect);

    static IEnumerable<ImmutableArray<LayerChoice>> All(ImmutableArray<ImmutableArray<LayerChoice>> layers) =>
        layers.Aggregate<ImmutableArray<LayerChoice>, IEnumerable<ImmutableArray<LayerChoice>>>(
            [
                [],
            ],
            (sets, layer) => sets.SelectMany(set => layer.Select(choice => set.Add(choice)))
        );
}
