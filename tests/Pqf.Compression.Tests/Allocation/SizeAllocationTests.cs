using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Pqf.Nets.Weights;
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
            var full = all.Where(choices => Bits(choices) >= 0.99 * budget).DefaultIfEmpty(all.MaxBy(Bits)).ToArray();
            double fullEffect = full.Min(Effect),
                anyEffect = all.Min(Effect);
            Assert.Equal(anyEffect < 0.95 * fullEffect ? anyEffect : fullEffect, Effect(chosen), 1e-12);
            Assert.InRange(Bits(chosen), least, budget);
        }
    }

    /// <summary>The largest choice of the second layer would use the budget of 450 up, and leave the first its smallest.</summary>
    [Fact]
    public void Leaves_a_part_of_the_budget_rather_than_lose_more()
    {
        ImmutableArray<LayerChoice> sensitive = [Effective(50, 5), Effective(100, 1)],
            large = [Effective(200, 1), Effective(400, 0)];

        Assert.Equal([100, 200], SizeAllocation.Of([sensitive, large], 450).Select(choice => choice.Bits));
        Assert.Equal([100, 400], SizeAllocation.Of([sensitive, large], 500).Select(choice => choice.Bits));
    }

    /// <summary>Choices of a smaller budget are allowed in a larger one.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_larger_budget_never_loses_5_per_cent_more(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 50; round++)
        {
            var layers = Enumerable.Range(0, 4).Select(i => Layer(random)).ToImmutableArray();
            long least = layers.Sum(layer => layer[0].Bits),
                most = layers.Sum(layer => layer[^1].Bits);
            double smallest = double.MaxValue;
            for (long budget = least; budget <= most; budget += 1 + ((most - least) / 20))
            {
                double effect = Effect(SizeAllocation.Of(layers, budget));
                Assert.InRange(effect, 0, (smallest / 0.95) + 1e-12);
                smallest = Math.Min(smallest, effect);
            }
        }
    }

    [Fact]
    public void Gives_a_sensitive_layer_more_bits_than_its_twin()
    {
        ImmutableArray<LayerChoice> calm = [Choice(100, 0.5), Choice(200, 0.25), Choice(300, 0.125)],
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
                    [Choice(100, 0)],
                ],
                99
            )
        );

    [Fact]
    public void Leaves_out_choices_that_another_beats() =>
        Assert.Equal(
            [10, 30, 50],
            LayerChoice
                .Best([Choice(50, 0.1), Choice(10, 0.9), Choice(40, 0.6), Choice(30, 0.5), Choice(30, 0.7)])
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

    [Fact]
    public void Choices_pass_between_ranks_as_they_are()
    {
        ImmutableArray<LayerChoice> choices =
        [
            new(new LayerForm.Codes(9, 256), 45_056, 0.25) { Effect = 0.5 },
            new(new LayerForm.Codes(1, 1), 16, 1) { Effect = double.MaxValue },
            new(new LayerForm.Values(ValueForm.Scaled8), 73_984, 3e-5) { Effect = 1e-6 },
            new(new LayerForm.Values(ValueForm.Single), 1L << 40, 0),
        ];

        Assert.Equal(choices, ChoiceBytes.Read(ChoiceBytes.Of(choices)));
    }

    static LayerChoice Effective(long bits, double effect) => Choice(bits, effect) with { Effect = effect };

    static LayerChoice Choice(long bits, double error) => new(new LayerForm.Codes(1, 1), bits, error);

    static ImmutableArray<LayerChoice> Layer(Random random)
    {
        double sensitivity = random.NextDouble() * 10;
        return
        [
            .. LayerChoice
                .Best(Enumerable.Range(0, 6).Select(_ => Choice(random.Next(1, 300), random.NextDouble())))
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
