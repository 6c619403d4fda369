using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Pooling;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>A first convolution run together with the max pooling behind it gives, to the bit, what they give one after the
/// other.</summary>
public class StemPoolTests
{
    static readonly RngKey Key = RngKey.FromSeed(6).Fold("stem");

    public sealed record Case(Shape X, int Channels, Pair Kernel, Conv2dOptions Options, Pair Window, PoolOptions Pool);

    static readonly Case[] Cases =
    [
        new([2, 37, 41, 3], 64, 7, new() { Stride = 2, Padding = 3 }, 3, new() { Stride = 2, Padding = 1 }),
        new([1, 33, 30, 3], 24, 3, new() { Stride = 2, Padding = 1 }, 2, new() { Stride = 2 }),
        new([3, 20, 17, 6], 19, 3, new() { Padding = 1 }, 3, new() { Stride = 1, Padding = 1 }),
        new([1, 40, 31, 3], 33, 5, new() { Stride = 2, Padding = 2 }, new Pair(3, 2), new() { Stride = new Pair(2, 3), CeilMode = true }),
        // Windows whose rows are apart; with padding, their first rows do not come in order.
        new(
            [2, 43, 29, 3],
            16,
            3,
            new() { Stride = 2 },
            3,
            new()
            {
                Stride = 1,
                Dilation = 3,
                Padding = 3,
                EndPadding = 6,
            }
        ),
        new([1, 25, 26, 3], 8, 3, new() { Stride = 2, Padding = 1 }, 5, new() { Stride = 3, Padding = 2 }),
        new([1, 5, 5, 3], 10, 3, new() { Stride = 2, Padding = 1 }, 3, new() { Stride = 2, Padding = 1 }),
        // Rows so long that few fit into a thread's room: those still read move to the front.
        new([1, 61, 500, 3], 64, 7, new() { Stride = 2, Padding = 3 }, 3, new() { Stride = 2, Padding = 1 }),
        // As many bands as there are threads begin and end within tiles.
        new([1, 77, 26, 3], 64, 7, new() { Stride = 2, Padding = new Pair(2, 3) }, new Pair(2, 3), new() { Stride = new Pair(1, 2) }),
        // Dilated, so that most rows in the room are read again.
        new([1, 64, 120, 3], 64, 7, new() { Stride = 2 }, 3, new() { Stride = 2, Dilation = 2 }),
        // Windows farther from one another than they are high: rows between them are not computed.
        new([1, 90, 31, 3], 64, 7, new() { Stride = 2, Padding = 3 }, 2, new() { Stride = 5 }),
        // Room for five rows: less than two rows of tiles.
        new([1, 50, 400, 3], 64, 7, new() { Stride = 2, Padding = 3 }, 3, new() { Stride = 2, Padding = 1 }),
        // Room for six rows under windows of five: a part must end within a tile.
        new([1, 40, 340, 3], 64, 7, new() { Stride = 2, Padding = 3 }, 5, new() { Stride = 1, Padding = 2 }),
        // Rows too long for a thread's room: a plan that was compiled for smaller images may meet them.
        new([1, 23, 700, 3], 64, 7, new() { Stride = 2, Padding = 3 }, 3, new() { Stride = 2, Padding = 1 }),
        new([1, 11, 2100, 3], 64, 3, new() { Stride = 2, Padding = 1 }, 3, new() { Stride = 2, Padding = 1 }),
    ];

    public static MatrixTheoryData<int, int, bool> All => new([.. Enumerable.Range(0, Cases.Length)], [1, 2, 5], [false, true]);

    // Those of them that have 7 × 7 taps; parts of tiles of three rows at both ends of a band.
    public static MatrixTheoryData<int, int, bool> Sevens =>
        new(
            [.. Enumerable.Range(0, Cases.Length).Where(number => Cases[number] is { Kernel: { H: 7, W: 7 }, Channels: 64 })],
            [1, 2, 3, 5],
            [false, true]
        );

    [Theory, MemberData(nameof(All))]
    public void Both_together_give_the_bits_of_one_after_the_other(int number, int threads, bool narrow) =>
        AssertSame(number, threads, narrow, ConvAlgorithm.Gathered);

    [Theory, MemberData(nameof(Sevens))]
    public void Both_together_give_the_bits_of_one_after_the_other_by_Winograd(int number, int threads, bool narrow) =>
        AssertSame(number, threads, narrow, ConvAlgorithm.WinogradStem);

    static void AssertSame(int number, int threads, bool narrow, ConvAlgorithm algorithm)
    {
        var (shape, channels, kernel, options, window, pool) = Cases[number];
        using var device = narrow ? new HostDevice(threads, VectorWidth.Bits256) : new HostDevice(threads);
        using var scope = device.BeginScope();
        var x = Normal(device, "x", shape);
        x.Overwrite([.. x.ToArray().Select((value, i) => i % 1009 == 1 ? float.NaN : value)]);
        var tail = number % 3 == 1 ? Tail.Of<Silu>() : Tail.Relu;
        var stem = Conv2dPlan.Create(
            Normal(device, "weight", [channels, shape[3], kernel.H, kernel.W]),
            number % 2 == 0 ? Normal(device, "bias", [channels]) : null,
            options,
            algorithm
        );
        var expected = MaxPool2d.Forward(stem.Forward(x, null, tail), window, pool);
        var actual = Tensor<float>.Rent(device, expected.Shape);
        new StemPoolPlan(stem, tail, window, pool).ForwardInto(x, actual);
        Assert.Equal(expected.ToArray(), actual.ToArray());
    }

    [Theory]
    [InlineData(224, 3, 64, 2, 7, true)]
    [InlineData(32, 3, 64, 2, 7, false)] // stays in the cache between the two
    [InlineData(2000, 3, 64, 2, 7, false)] // rows too long for a thread's room
    [InlineData(224, 4, 64, 2, 7, false)] // another layout of rows
    [InlineData(224, 3, 64, 1, 7, false)]
    public void Large_values_are_computed_together(int size, int inChannels, int channels, int stride, int kernel, bool expected)
    {
        using var device = new HostDevice(1);
        Assert.Equal(
            expected,
            StemPoolPlan.Joins(
                device,
                [1, size, size, inChannels],
                [channels, inChannels, kernel, kernel],
                new() { Stride = stride, Padding = kernel / 2 },
                3,
                new() { Stride = 2, Padding = 1 }
            )
        );
    }

    static Tensor<float> Normal(Device device, string name, Shape shape) => Numbers.Normal(Key.Fold(name), shape).On(device);
}
