using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>A pointwise convolution run together with the depthwise one behind it gives, to the bit, what both give one after the
/// other.</summary>
public class ExpandedConvolutionTests
{
    static readonly RngKey Key = RngKey.FromSeed(5).Fold("expanded");

    public sealed record Case(Shape X, int Channels, Pair Kernel, Conv2dOptions Options);

    static readonly Case[] Cases =
    [
        new([2, 17, 19, 24], 48, 3, new() { Padding = 1 }),
        new([3, 20, 9, 16], 33, 3, new() { Padding = 1, Stride = 2 }),
        new([1, 40, 13, 7], 20, 5, new() { Padding = 2 }),
        new([1, 23, 30, 8], 16, 5, new() { Padding = 2, Stride = 2 }),
        new([2, 12, 12, 3], 19, new Pair(3, 5), new() { Padding = new Pair(0, 2), Dilation = new Pair(3, 1) }),
        new([1, 11, 8, 5], 32, new Pair(2, 1), new() { Stride = new Pair(4, 2) }),
        new([1, 4, 6, 4], 16, 7, new() { Padding = 6 }),
        new([1, 10, 11, 6], 24, 3, new() { EndPadding = new Pair(2, 1), Stride = 2 }),
        new([1, 1, 1, 40], 70, 3, new() { Padding = 1 }),
        // Rows so long that few fit into a thread's room: those still read move to the front.
        new([1, 24, 300, 3], 96, 3, new() { Padding = 1 }),
        new([1, 25, 300, 3], 96, 3, new() { Padding = 1, Stride = 2 }),
    ];

    public static MatrixTheoryData<int, int, bool> All => new([.. Enumerable.Range(0, Cases.Length)], [1, 2, 5], [false, true]);

    [Theory, MemberData(nameof(All))]
    public void Both_together_give_the_bits_of_both_in_turn(int number, int threads, bool narrow)
    {
        var (shape, channels, kernel, options) = Cases[number];
        options = options with { Groups = channels };
        using var device = narrow ? new HostDevice(threads, VectorWidth.Bits256) : new HostDevice(threads);
        using var scope = device.BeginScope();
        var x = Normal(device, "x", shape);
        var first = Conv2dPlan.Create(Normal(device, "first", [channels, shape[3], 1, 1]), Normal(device, "b1", [channels]), new());
        var second = Conv2dPlan.Create(
            Normal(device, "second", [channels, 1, kernel.H, kernel.W]),
            Normal(device, "b2", [channels]),
            options
        );
        Tail between = number % 2 == 0 ? Tail.Clamp(0, 6) : Tail.Of<Silu>(),
            last = number % 3 == 0 ? Tail.Of<Silu>() : Tail.Relu;
        var residual = number % 3 == 1 ? Normal(device, "r", second.OutputShape(first.OutputShape(shape))) : null;
        var expected = second.Forward(first.Forward(x, null, between), residual, last);
        var actual = residual ?? Tensor<float>.Rent(device, expected.Shape);
        second.ForwardBehindInto(first, between, x, residual, last, actual);
        Assert.Equal(expected.ToArray(), actual.ToArray());
    }

    [Theory]
    [InlineData(112, 16, 96, 3, true)]
    [InlineData(14, 16, 576, 3, false)] // stays in the cache between the two
    [InlineData(4000, 16, 256, 3, false)] // rows too long for a thread's room
    [InlineData(28, 728, 728, 3, false)] // weights too large beside it
    public void Large_values_are_computed_together(int size, int inChannels, int channels, int kernel, bool expected)
    {
        using var device = new HostDevice(1);
        Assert.Equal(
            expected,
            Conv2dPlan.RunsTogether(
                device,
                [1, size, size, inChannels],
                ([channels, inChannels, 1, 1], new()),
                ([channels, 1, kernel, kernel], new() { Padding = 1, Groups = channels })
            )
        );
    }

    [Fact]
    public void Others_are_not()
    {
        using var device = new HostDevice(1);
        Shape x = [1, 112, 112, 16];
        var depthwise = new Conv2dOptions { Padding = 1, Groups = 96 };
        Assert.False(Conv2dPlan.RunsTogether(device, x, ([96, 16, 3, 3], new() { Padding = 1 }), ([96, 1, 3, 3], depthwise)));
        Assert.False(Conv2dPlan.RunsTogether(device, x, ([96, 16, 1, 1], new() { Stride = 2 }), ([96, 1, 3, 3], depthwise)));
        Assert.False(Conv2dPlan.RunsTogether(device, x, ([96, 8, 1, 1], new() { Groups = 2 }), ([96, 1, 3, 3], depthwise)));
        Assert.False(Conv2dPlan.RunsTogether(device, x, ([96, 16, 1, 1], new()), ([96, 96, 3, 3], new() { Padding = 1 })));
    }

    static Tensor<float> Normal(Device device, string name, Shape shape) => Numbers.Normal(Key.Fold(name), shape).On(device);
}
