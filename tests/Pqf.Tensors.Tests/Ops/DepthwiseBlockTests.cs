using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>A depthwise convolution run together with the pointwise ones before and behind it gives, to the bit, what they give one after
/// the other.</summary>
public class DepthwiseBlockTests
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
        // Several ranges of channels, the last of which fills no panel; pixels so many that a range is one panel.
        new([2, 9, 9, 16], 200, 5, new() { Padding = 2 }),
        new([1, 40, 40, 5], 100, 3, new() { Padding = 1, Stride = 2 }),
        new([1, 41, 39, 6], 83, new Pair(6, 2), new() { Padding = new Pair(3, 1) }),
        // Rows so long that few fit into a thread's room: those still read move to the front.
        new([1, 24, 300, 3], 96, 3, new() { Padding = 1 }),
        new([1, 25, 300, 3], 96, 3, new() { Padding = 1, Stride = 2 }),
    ];

    public static MatrixTheoryData<int, int, bool, bool, bool> All =>
        new([.. Enumerable.Range(0, Cases.Length)], [1, 2, 5], [false, true], [false, true], [false, true]);

    [Theory, MemberData(nameof(All))]
    public void All_together_give_the_bits_of_one_after_the_other(int number, int threads, bool narrow, bool hasFirst, bool hasLast)
    {
        var (shape, channels, kernel, options) = Cases[number];
        options = options with { Groups = channels };
        if (!hasFirst)
            shape = [shape[0], shape[1], shape[2], channels];
        using var device = narrow ? new HostDevice(threads, VectorWidth.Bits256) : new HostDevice(threads);
        using var scope = device.BeginScope();
        var x = Normal(device, "x", shape);
        Tail silu = Tail.Of<Silu>(),
            clamp = Tail.Clamp(0, 6);
        var (between, middle, tail) = number % 2 == 0 ? (clamp, silu, Tail.Relu) : (silu, clamp, silu);
        var first = Conv2dPlan.Create(Normal(device, "first", [channels, shape[3], 1, 1]), Normal(device, "b1", [channels]), new());
        var depthwise = Conv2dPlan.Create(
            Normal(device, "depthwise", [channels, 1, kernel.H, kernel.W]),
            Normal(device, "b2", [channels]),
            options
        );
        var last = Conv2dPlan.Create(Normal(device, "last", [11 + number, channels, 1, 1]), Normal(device, "b3", [11 + number]), new());
        var block = new DepthwiseBlockPlan(hasFirst ? (first, between) : null, depthwise, middle, hasLast ? last : null);
        var residual = number % 3 == 1 ? Normal(device, "r", block.OutputShape(shape)) : null;
        var value = hasFirst ? first.Forward(x, null, between) : x;
        var expected = hasLast
            ? last.Forward(depthwise.Forward(value, null, middle), residual, tail)
            : depthwise.Forward(value, residual, tail);
        var actual = residual ?? Tensor<float>.Rent(device, expected.Shape);
        block.ForwardInto(x, residual, tail, actual);
        Assert.Equal(expected.ToArray(), actual.ToArray());
    }

    [Theory]
    [InlineData(112, 16, 96, 3, true)]
    [InlineData(14, 16, 576, 3, true)] // ranges of its channels stay in the cache
    [InlineData(14, 16, 16, 3, false)] // too few channels to share out
    [InlineData(2000, 16, 256, 3, false)] // rows too long for a thread's room
    [InlineData(28, 728, 728, 3, false)] // weights too large beside it
    public void Values_are_computed_together_where_it_is_faster(int size, int inChannels, int channels, int kernel, bool expected)
    {
        using var device = new HostDevice(1);
        Assert.Equal(
            expected,
            DepthwiseBlockPlan.Joins(
                device,
                [1, size, size, channels],
                ([channels, inChannels, 1, 1], new()),
                ([channels, 1, kernel, kernel], new() { Padding = 1, Groups = channels })
            )
        );
    }

    [Fact]
    public void Others_are_not()
    {
        using var device = new HostDevice(1);
        Shape value = [1, 112, 112, 96];
        (Shape, Conv2dOptions) depthwise = ([96, 1, 3, 3], new() { Padding = 1, Groups = 96 }),
            pointwise = ([96, 16, 1, 1], new());
        Assert.True(DepthwiseBlockPlan.Joins(device, value, pointwise, depthwise));
        Assert.False(DepthwiseBlockPlan.Joins(device, value, ([96, 16, 3, 3], new() { Padding = 1 }), depthwise));
        Assert.False(DepthwiseBlockPlan.Joins(device, value, ([96, 16, 1, 1], new() { Stride = 2 }), depthwise));
        Assert.False(DepthwiseBlockPlan.Joins(device, value, ([96, 8, 1, 1], new() { Groups = 2 }), depthwise));
        Assert.False(DepthwiseBlockPlan.Joins(device, value, pointwise, ([96, 96, 3, 3], new() { Padding = 1 })));
        Assert.True(DepthwiseBlockPlan.JoinsBehind(device, value, depthwise, ([16, 96, 1, 1], new())));
        Assert.False(DepthwiseBlockPlan.JoinsBehind(device, value, depthwise, ([16, 96, 1, 1], new() { Padding = 1 })));
        Assert.False(DepthwiseBlockPlan.JoinsBehind(device, [1, 28, 28, 96], depthwise, ([16, 96, 1, 1], new())));
    }

    static Tensor<float> Normal(Device device, string name, Shape shape) => Numbers.Normal(Key.Fold(name), shape).On(device);
}
