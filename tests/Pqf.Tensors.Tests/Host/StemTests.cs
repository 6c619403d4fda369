using System.Runtime.Intrinsics;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

/// <summary>A first convolution by Winograd on its four phases.</summary>
public class StemTests
{
    static readonly RngKey Key = RngKey.FromSeed(17);

    static readonly Pair Same = 3;

    // Sizes of one tile and less, of whole tiles and a part, odd and even; every padding; one and two images; panels that are half full;
    // lines of one vector and less; more tiles in a row than are transformed together.
    static readonly (Shape X, int OutChannels, Pair Padding)[] Layers =
    [
        ([1, 7, 7, 3], 16, 0),
        ([1, 1, 1, 3], 32, Same),
        ([1, 2, 3, 3], 16, Same),
        ([2, 6, 6, 3], 64, Same),
        ([1, 12, 7, 3], 48, new Pair(2, 3)),
        ([1, 13, 16, 3], 16, new Pair(1, 2)),
        ([2, 19, 21, 3], 32, Same),
        ([1, 9, 40, 3], 80, new Pair(3, 0)),
        ([1, 8, 3, 3], 16, new Pair(9, 8)), // tiles wholly in the padding
        ([0, 8, 8, 3], 16, Same),
        ([1, 10, 269, 3], 16, Same),
        ([1, 35, 34, 3], 64, Same),
    ];

    public static TheoryData<string> Widths => [.. Enum.GetNames<VectorWidth>()];

    [Theory, MemberData(nameof(Widths))]
    public void Equals_the_double_loops_with_bias_residual_and_tail(string width)
    {
        foreach (var (shape, outChannels, padding) in Layers)
            HostCases.With(
                2,
                HostCases.Width(width),
                device =>
                {
                    var options = Options(padding);
                    var (x, weight, bias) = (
                        Numbers.Normal(Key.Fold("x"), shape),
                        Numbers.Normal(Key.Fold("weight"), [outChannels, 3, 7, 7]),
                        Numbers.Normal(Key.Fold("bias"), [outChannels])
                    );
                    var plan = Conv2dPlan.Create(weight.On(device), bias.On(device), options, ConvAlgorithm.WinogradStem);
                    var bare = Conv2dPlan.Create(weight.On(device), null, options, ConvAlgorithm.WinogradStem);
                    var residual = Numbers.Normal(Key.Fold("residual"), plan.OutputShape(shape));
                    var (sums, products) = (
                        Reference.Conv2d(x, weight, bias, options, residual),
                        Reference.Conv2d(x, weight, null, options)
                    );
                    foreach (var tail in TailCase.All)
                    {
                        AssertClose(sums, plan.Forward(x.On(device), residual.On(device), tail.Tail), tail);
                        AssertClose(products, bare.Forward(x.On(device), null, tail.Tail), tail);
                    }

                    return 0;
                }
            );
    }

    [Theory, MemberData(nameof(Widths))]
    public void Sides_may_be_padded_differently(string width) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                var options = Options(new Pair(2, 1)) with { EndPadding = new Pair(3, 5) };
                var (x, weight) = (Numbers.Normal(Key.Fold("x"), [2, 17, 20, 3]), Numbers.Normal(Key.Fold("weight"), [16, 3, 7, 7]));
                var y = Conv2dPlan
                    .Create(weight.On(device), null, options, ConvAlgorithm.WinogradStem)
                    .Forward(x.On(device), null, Tail.None);
                AssertClose(Reference.Conv2d(x, weight, null, options), y, TailCase.All[0]);
                return 0;
            }
        );

    [Theory, MemberData(nameof(Widths))]
    public void Does_not_depend_on_the_number_of_threads(string width)
    {
        foreach (var (shape, outChannels, padding) in Layers)
            HostCases.AssertThreadsDoNotMatter(
                HostCases.Width(width),
                device => Convolve(device, shape, outChannels, padding, HostCases.Values(shape.Count, 1))
            );
    }

    [Fact]
    public void A_part_of_the_rows_has_the_bits_of_the_whole_and_touches_no_others()
    {
        RunParts<Simd512, Vector512<float>>(VectorWidth.Bits512);
        RunParts<Simd256, Vector256<float>>(VectorWidth.Bits256);
    }

    static unsafe void RunParts<S, V>(VectorWidth width)
        where S : struct, ISimd<V>
        where V : unmanaged
    {
        const int Rows = 8,
            RowFloats = 9 * 16;
        using var device = new HostDevice(1, width);
        using var scope = device.BeginScope();
        var (x, weight) = (HostCases.Tensor(device, [1, 16, 17, 3], 1), HostCases.Tensor(device, [16, 3, 7, 7], 2));
        var plan = Conv2dPlan.Create(weight, null, Options(Same), ConvAlgorithm.WinogradStem);
        float[] whole = plan.Forward(x, null, Tail.None).ToArray();
        var part = plan.AsStem(x, Tail.None.Host);
        for (int first = 0; first < Rows; first++)
        for (int end = first + 1; end <= Rows; end++)
        {
            var y = Tensor<float>.Zeros(device, [Rows, RowFloats]);
            part.Run<S, V>(0, first, end, y.Pointer + (first * RowFloats), device.Scratch, 0);
            float[] expected = new float[Rows * RowFloats];
            whole.AsSpan()[(first * RowFloats)..(end * RowFloats)].CopyTo(expected.AsSpan(first * RowFloats));
            Assert.Equal(expected, y.ToArray());
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void An_image_does_not_depend_on_those_beside_it(string width) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                Shape one = [1, 26, 23, 3],
                    several = [5, 26, 23, 3];
                float[] images = HostCases.Values(several.Count, 1),
                    all = Convolve(device, several, 64, Same, images);
                Assert.Equal(all[^(13 * 12 * 64)..], Convolve(device, one, 64, Same, images[^one.Count..]));
                return 0;
            }
        );

    [Theory, MemberData(nameof(Widths))]
    public void May_write_over_its_residual(string width) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                var x = HostCases.Tensor(device, [1, 19, 26, 3], 1);
                var plan = Conv2dPlan.Create(HostCases.Tensor(device, [32, 3, 7, 7], 2), null, Options(Same), ConvAlgorithm.WinogradStem);
                var residual = HostCases.Tensor(device, [1, 10, 13, 32], 3);
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
        const int Height = 21,
            Width = 19,
            OutHeight = 11,
            OutWidth = 10;
        Shape shape = [1, Height, Width, 3];
        float[] values = HostCases.Values(shape.Count, 1);
        float[] Of(float[] images) => HostCases.With(2, VectorWidth.Bits512, device => Convolve(device, shape, 16, Same, images));
        float[] clean = Of(values);
        for (int row = 0; row < Height; row++)
        {
            int column = row * 5 % Width;
            float[] changed = [.. values];
            changed[(((row * Width) + column) * 3) + (row % 3)] = value;
            float[] y = Of(changed);
            bool Depends(int o, int at) => Math.Abs((2 * o) - at) <= 3;
            // A tile reads 12 rows and columns: the last one is the eighth of the padded kernel.
            bool SharesTile(int o, int at) => at >= (o / 3 * 6) - 3 && at < (o / 3 * 6) + 9;
            Assert.Equal(OutHeight * OutWidth * 16, y.Length);
            for (int i = 0; i < y.Length; i++)
            {
                var (oy, ox) = (i / 16 / OutWidth, i / 16 % OutWidth);
                if (Depends(oy, row) && Depends(ox, column))
                    Assert.False(float.IsFinite(y[i]));
                else if (!SharesTile(oy, row) || !SharesTile(ox, column))
                    Assert.Equal(clean[i], y[i]);
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Keeps_NaN_through_its_activation(string width) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                var y = Conv2dPlan
                    .Create(HostCases.Tensor(device, [16, 3, 7, 7], 2), null, Options(Same), ConvAlgorithm.WinogradStem)
                    .Forward(Tensor<float>.From(device, [1, 1, 1, 3], [0, float.NaN, 0]), null, Tail.Relu);
                Assert.All(y.ToArray(), value => Assert.True(float.IsNaN(value)));
                return 0;
            }
        );

    [Theory, MemberData(nameof(Widths))]
    public void Allocates_nothing_once_warm(string width) =>
        HostCases.With(
            2,
            HostCases.Width(width),
            device =>
            {
                var x = HostCases.Tensor(device, [1, 26, 22, 3], 1);
                var plan = Conv2dPlan.Create(HostCases.Tensor(device, [64, 3, 7, 7], 2), null, Options(Same), ConvAlgorithm.WinogradStem);
                var y = plan.Forward(x, null, Tail.Relu);
                long Run()
                {
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    plan.ForwardInto(x, null, Tail.Relu, y);
                    return GC.GetAllocatedBytesForCurrentThread() - before;
                }

                Run();
                Assert.Equal(0, Run());
                return 0;
            }
        );

    public static TheoryData<Shape, Conv2dOptions> Unfit =>
        new()
        {
            { [24, 3, 7, 7], Options(3) },
            { [16, 4, 7, 7], Options(3) },
            { [16, 3, 5, 7], Options(3) },
            { [16, 3, 7, 5], Options(3) },
            { [16, 3, 7, 7], Options(3) with { Stride = 1 } },
            { [16, 3, 7, 7], Options(3) with { Stride = new Pair(2, 1) } },
            { [16, 3, 7, 7], Options(3) with { Dilation = new Pair(1, 2) } },
            { [32, 3, 7, 7], Options(3) with { Groups = 2 } },
        };

    [Theory, MemberData(nameof(Unfit))]
    public void Other_convolutions_are_refused(Shape weight, Conv2dOptions options) =>
        HostCases.With(
            1,
            VectorWidth.Bits256,
            device =>
            {
                Assert.False(ConvChoice.Fits(device, ConvAlgorithm.WinogradStem, weight, options));
                var e = Assert.Throws<ShapeException>(() =>
                    Conv2dPlan.Create(Tensor<float>.Zeros(device, weight), null, options, ConvAlgorithm.WinogradStem)
                );
                Assert.StartsWith(
                    "Conv2d: expected 7×7 weights from three channels to sixteens of channels, stride 2, dilation 1 and one group on the "
                        + "host for WinogradStem, got ",
                    e.Message,
                    StringComparison.Ordinal
                );
                return 0;
            }
        );

    [Fact]
    public void It_is_chosen_where_weights_may_grow_and_stay_the_same() =>
        HostCases.With(
            1,
            VectorWidth.Bits512,
            device =>
            {
                ConvAlgorithm Of(PlanMemory memory) => ConvChoice.Of(device, [1, 224, 224, 3], [64, 3, 7, 7], Options(3), memory);
                Assert.Equal(ConvAlgorithm.WinogradStem, Of(PlanMemory.Fast));
                Assert.Equal(ConvAlgorithm.Gathered, Of(PlanMemory.Low));
                Assert.Equal(ConvAlgorithm.Gathered, Of(PlanMemory.Least));
                var x = Tensor<float>.Zeros(device, [1, 32, 32, 3]);
                Assert.Equal(ConvAlgorithm.Gathered, ConvChoice.InTraining(x, [64, 3, 7, 7], Options(3)));
                return 0;
            }
        );

    static Conv2dOptions Options(Pair padding) => new() { Stride = 2, Padding = padding };

    static float[] Convolve(HostDevice device, Shape shape, int outChannels, Pair padding, float[] images)
    {
        var (weight, bias) = (HostCases.Tensor(device, [outChannels, 3, 7, 7], 2), HostCases.Tensor(device, [outChannels], 3));
        return Conv2dPlan
            .Create(weight, bias, Options(padding), ConvAlgorithm.WinogradStem)
            .Forward(Tensor<float>.From(device, shape, images), null, Tail.None)
            .ToArray();
    }

    /// <summary>Tails grow no error: the bound is that of the sums before, as ConvAlgorithm states it.</summary>
    static void AssertClose(Expected sums, Tensor<float> actual, TailCase tail)
    {
        Assert.Equal(sums.Shape, actual.Shape);
        double largest = sums.Values.Select(Math.Abs).DefaultIfEmpty().Max(),
            tolerance = (5e-6 * largest) + tail.Rounding;
        float[] values = actual.ToArray();
        for (int i = 0; i < values.Length; i++)
            Assert.InRange(values[i], tail.Of(sums.Values[i]) - tolerance, tail.Of(sums.Values[i]) + tolerance);
    }
}
