using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

public class WinogradTests
{
    static readonly RngKey Key = RngKey.FromSeed(16);

    // Sizes of one tile and less, of whole tiles and a part, of one and of many groups; every padding; panels that are half full.
    static readonly (Shape X, int OutChannels, Pair Padding)[] Layers =
    [
        ([1, 3, 3, 16], 16, 0),
        ([1, 1, 1, 16], 32, 1),
        ([2, 4, 4, 16], 16, 1),
        ([1, 5, 7, 32], 48, 1),
        ([3, 9, 6, 48], 32, new Pair(0, 1)),
        ([1, 8, 3, 16], 16, new Pair(4, 2)),
        ([0, 8, 8, 16], 16, 1),
        ([2, 14, 14, 64], 80, 1), // more tiles than output channels with tiles of 2 × 2, fewer with tiles of 4 × 4
        ([1, 33, 29, 16], 16, 1), // several blocks
        ([3, 7, 7, 32], 32, 1), // a tile of 4 and one of 3 along each side
        ([2, 13, 11, 16], 16, 1), // more tiles of 3 than of 4
        ([1, 14, 30, 16], 48, 1), // several blocks of all kinds of tiles
    ];

    public static MatrixTheoryData<string, ConvAlgorithm> Kinds =>
        new(HostCases.Widths.Select(row => row.Data), [ConvAlgorithm.Winograd2, ConvAlgorithm.Winograd4]);

    [Theory, MemberData(nameof(Kinds))]
    public void Equals_the_double_loops_with_bias_residual_and_tail(string width, ConvAlgorithm algorithm)
    {
        foreach (var (shape, outChannels, padding) in Layers)
            HostCases.With(
                2,
                HostCases.Width(width),
                device =>
                {
                    var options = new Conv2dOptions { Padding = padding };
                    var (x, weight, bias) = (
                        Numbers.Normal(Key.Fold("x"), shape),
                        Numbers.Normal(Key.Fold("weight"), [outChannels, shape[3], 3, 3]),
                        Numbers.Normal(Key.Fold("bias"), [outChannels])
                    );
                    var plan = Conv2dPlan.Create(weight.On(device), bias.On(device), options, algorithm);
                    var bare = Conv2dPlan.Create(weight.On(device), null, options, algorithm);
                    var residual = Numbers.Normal(Key.Fold("residual"), plan.OutputShape(shape));
                    var (sums, products) = (
                        Reference.Conv2d(x, weight, bias, options, residual),
                        Reference.Conv2d(x, weight, null, options)
                    );
                    foreach (var tail in TailCase.All)
                    {
                        AssertClose(sums, plan.Forward(x.On(device), residual.On(device), tail.Tail), algorithm, tail);
                        AssertClose(products, bare.Forward(x.On(device), null, tail.Tail), algorithm, tail);
                    }

                    return 0;
                }
            );
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Does_not_depend_on_the_number_of_threads(string width, ConvAlgorithm algorithm)
    {
        foreach (var (shape, outChannels, padding) in Layers)
            HostCases.AssertThreadsDoNotMatter(
                HostCases.Width(width),
                device => Convolve(device, algorithm, shape, outChannels, padding, HostCases.Values(shape.Count, 1))
            );
    }

    [Theory, MemberData(nameof(Kinds))]
    public void An_image_does_not_depend_on_those_beside_it(string width, ConvAlgorithm algorithm) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                Shape one = [1, 6, 7, 32],
                    several = [40, 6, 7, 32]; // fewer tiles than output channels, and more
                float[] images = HostCases.Values(several.Count, 1),
                    all = Convolve(device, algorithm, several, 64, 1, images);
                Assert.Equal(all[^(6 * 7 * 64)..], Convolve(device, algorithm, one, 64, 1, images[^one.Count..]));
                return 0;
            }
        );

    [Theory, MemberData(nameof(Kinds))]
    public void May_write_over_its_residual(string width, ConvAlgorithm algorithm) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                var x = HostCases.Tensor(device, [1, 9, 6, 16], 1);
                var plan = Conv2dPlan.Create(
                    HostCases.Tensor(device, [32, 16, 3, 3], 2),
                    null,
                    new Conv2dOptions { Padding = 1 },
                    algorithm
                );
                var residual = HostCases.Tensor(device, [1, 9, 6, 32], 3);
                float[] expected = plan.Forward(x, residual, Tail.Relu).ToArray();
                plan.ForwardInto(x, residual, Tail.Relu, residual);
                Assert.Equal(expected, residual.ToArray());
                return 0;
            }
        );

    public static TheoryData<float> NotFinite => [float.NaN, float.PositiveInfinity, float.NegativeInfinity];

    [Theory, MemberData(nameof(NotFinite))]
    public void A_value_that_is_not_finite_reaches_what_depends_on_it_and_nothing_beyond_its_tiles(float value)
    {
        foreach (var algorithm in (ConvAlgorithm[])[ConvAlgorithm.Winograd2, ConvAlgorithm.Winograd4])
            for (int row = 0; row < 11; row++)
            {
                const int Column = 4;
                Shape shape = [1, 11, 10, 16];
                float[] values = HostCases.Values(shape.Count, 1);
                float[] clean = HostCases.With(2, VectorWidth.Bits512, device => Convolve(device, algorithm, shape, 16, 1, values));
                values[((row * 10) + Column) * 16] = value;
                float[] y = HostCases.With(2, VectorWidth.Bits512, device => Convolve(device, algorithm, shape, 16, 1, values));
                int m = algorithm == ConvAlgorithm.Winograd2 ? 2 : 4;
                bool Depends(int oy, int ox) => Math.Abs(oy - row) <= 1 && Math.Abs(ox - Column) <= 1;
                bool SharesTile(int oy, int ox) => TileHolds(oy / m * m, row) && TileHolds(ox / m * m, Column);
                bool TileHolds(int first, int at) => at >= first - 1 && at <= first + m;
                for (int at = 0; at < y.Length; at++)
                {
                    var (oy, ox) = (at / 16 / 10, at / 16 % 10);
                    if (Depends(oy, ox))
                        Assert.False(float.IsFinite(y[at]));
                    else if (!SharesTile(oy, ox))
                        Assert.Equal(clean[at], y[at]);
                }
            }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Keeps_NaN_through_its_activation(string width, ConvAlgorithm algorithm) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                var x = Tensor<float>.From(device, [1, 1, 1, 16], [float.NaN, .. new float[15]]);
                var y = Conv2dPlan
                    .Create(HostCases.Tensor(device, [16, 16, 3, 3], 2), null, new Conv2dOptions { Padding = 1 }, algorithm)
                    .Forward(x, null, Tail.Relu);
                Assert.All(y.ToArray(), value => Assert.True(float.IsNaN(value)));
                return 0;
            }
        );

    [Theory, MemberData(nameof(Kinds))]
    public void Allocates_nothing_once_warm(string width, ConvAlgorithm algorithm) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                foreach (int outChannels in (int[])[16, 64]) // blocks; shared input
                {
                    var x = HostCases.Tensor(device, [1, 16, 12, 16], 1);
                    var plan = Conv2dPlan.Create(
                        HostCases.Tensor(device, [outChannels, 16, 3, 3], 2),
                        null,
                        new Conv2dOptions { Padding = 1 },
                        algorithm
                    );
                    var y = plan.Forward(x, null, Tail.Relu);
                    long Run()
                    {
                        long before = GC.GetAllocatedBytesForCurrentThread();
                        plan.ForwardInto(x, null, Tail.Relu, y);
                        return GC.GetAllocatedBytesForCurrentThread() - before;
                    }

                    Run();
                    Assert.Equal(0, Run());
                }

                return 0;
            }
        );

    public static TheoryData<Shape, Conv2dOptions> Unfit =>
        new()
        {
            { [16, 8, 3, 3], new() },
            { [24, 16, 3, 3], new() },
            { [16, 16, 3, 1], new() },
            { [16, 16, 5, 5], new() },
            {
                [16, 16, 3, 3],
                new() { Stride = 2 }
            },
            {
                [16, 16, 3, 3],
                new() { Dilation = new Pair(1, 2) }
            },
            {
                [32, 16, 3, 3],
                new() { Groups = 2 }
            },
        };

    [Theory, MemberData(nameof(Unfit))]
    public void Other_convolutions_are_refused(Shape weight, Conv2dOptions options) =>
        HostCases.With(
            1,
            VectorWidth.Bits256,
            device =>
            {
                Assert.False(ConvChoice.Fits(device, ConvAlgorithm.Winograd4, weight, options));
                var e = Assert.Throws<ShapeException>(() =>
                    Conv2dPlan.Create(Tensor<float>.Zeros(device, weight), null, options, ConvAlgorithm.Winograd4)
                );
                Assert.StartsWith(
                    "Conv2d: expected 3×3 weights in sixteens of channels, stride 1, dilation 1 and one group for Winograd4, got ",
                    e.Message,
                    StringComparison.Ordinal
                );
                return 0;
            }
        );

    static float[] Convolve(HostDevice device, ConvAlgorithm algorithm, Shape shape, int outChannels, Pair padding, float[] images)
    {
        var (weight, bias) = (HostCases.Tensor(device, [outChannels, shape[3], 3, 3], 2), HostCases.Tensor(device, [outChannels], 3));
        return Conv2dPlan
            .Create(weight, bias, new Conv2dOptions { Padding = padding }, algorithm)
            .Forward(Tensor<float>.From(device, shape, images), null, Tail.None)
            .ToArray();
    }

    /// <summary>Tails grow no error: the bound is that of the sums before.</summary>
    static void AssertClose(Expected sums, Tensor<float> actual, ConvAlgorithm algorithm, TailCase tail)
    {
        Assert.Equal(sums.Shape, actual.Shape);
        double largest = sums.Values.Select(Math.Abs).DefaultIfEmpty().Max(),
            relative = algorithm == ConvAlgorithm.Winograd2 ? 2e-6 : 2e-5, // as ConvAlgorithm states
            tolerance = (relative * largest) + tail.Rounding;
        float[] values = actual.ToArray();
        for (int i = 0; i < values.Length; i++)
            Assert.InRange(values[i], tail.Of(sums.Values[i]) - tolerance, tail.Of(sums.Values[i]) + tolerance);
    }
}
