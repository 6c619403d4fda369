using Pqf.Autodiff;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class Conv2dTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(2);

    /// <summary>A convolution: x [N, H, W, C], weight [O, I, kH, kW].</summary>
    public sealed record Case(Shape X, Shape Weight, Conv2dOptions Options)
    {
        public override string ToString() =>
            $"{X} * {Weight}, stride {Options.Stride}, padding {Options.Padding}, dilation {Options.Dilation}, groups {Options.Groups}";
    }

    static readonly Case[] Shapes =
    [
        new([0, 5, 5, 3], [4, 3, 3, 3], new()),
        new([1, 1, 1, 1], [1, 1, 1, 1], new()),
        new([1, 4, 3, 0], [5, 0, 2, 2], new()),
        new([1, 4, 3, 5], [0, 5, 2, 2], new()),
        new([2, 7, 5, 7], [9, 7, 1, 1], new()),
        new([1, 14, 1, 8], [16, 8, 1, 1], new()),
        new([1, 15, 1, 16], [17, 16, 1, 1], new()),
        new([1, 13, 2, 17], [31, 17, 1, 1], new()),
        new([1, 29, 1, 33], [33, 33, 1, 1], new()),
        new([2, 8, 7, 32], [16, 32, 1, 1], new() { Stride = 2 }),
        new([1, 6, 8, 8], [32, 8, 3, 3], new() { Padding = 1 }),
        new([1, 7, 9, 16], [15, 16, 3, 3], new() { Padding = 1 }),
        new([2, 9, 8, 5], [7, 5, 3, 3], new() { Stride = 2, Padding = 1 }),
        new([1, 10, 11, 4], [6, 4, 5, 5], new() { Stride = 3, Padding = 2 }),
        new([1, 13, 12, 3], [8, 3, 7, 7], new() { Stride = 2, Padding = 3 }),
        new([1, 11, 10, 8], [12, 8, 3, 3], new() { Padding = 2, Dilation = 2 }),
        new([2, 6, 6, 12], [24, 4, 3, 3], new() { Padding = 1, Groups = 3 }),
        new([1, 6, 5, 9], [9, 1, 3, 3], new() { Padding = 1, Groups = 9 }),
        // As in ResNeXt-50: 32 groups, of few channels, at stride 1 and 2.
        new([1, 4, 5, 128], [128, 4, 3, 3], new() { Padding = 1, Groups = 32 }),
        new(
            [2, 6, 5, 64],
            [96, 2, 3, 3],
            new()
            {
                Padding = 1,
                Stride = 2,
                Groups = 32,
            }
        ),
        new([1, 9, 7, 6], [5, 6, 1, 3], new() { Padding = new Pair(0, 1) }),
        new(
            [1, 8, 9, 6],
            [5, 6, 3, 2],
            new()
            {
                Stride = new Pair(2, 1),
                Padding = new Pair(2, 0),
                Dilation = new Pair(1, 2),
            }
        ),
        new([2, 1, 1, 17], [19, 17, 3, 3], new() { Padding = 1 }),
        new([1, 2, 2, 3], [4, 3, 2, 2], new() { Padding = 5 }),
        new([1, 28, 28, 16], [16, 16, 3, 3], new() { Padding = 1 }),
        new([1, 14, 14, 64], [64, 64, 3, 3], new() { Padding = 1 }),
        // More than 16 channels out: tiles on GPUs, by whole quads where all channel counts are multiples of 4.
        new([2, 9, 8, 3], [20, 3, 7, 7], new() { Stride = 2, Padding = 3 }),
        new([2, 9, 8, 5], [17, 5, 3, 3], new() { Stride = 2, Padding = 1 }),
        new([2, 9, 8, 8], [24, 8, 3, 3], new() { Stride = 2, Padding = 1 }),
        new([1, 11, 10, 8], [20, 8, 3, 3], new() { Padding = 2, Dilation = 2 }),
        new([1, 11, 10, 7], [18, 7, 3, 3], new() { Padding = new Pair(2, 3), Dilation = new Pair(2, 3) }),
        new(
            [1, 8, 9, 12],
            [20, 12, 2, 3],
            new()
            {
                Stride = new Pair(2, 1),
                Padding = new Pair(1, 0),
                Dilation = new Pair(2, 1),
            }
        ),
        new([2, 6, 5, 8], [40, 4, 3, 3], new() { Padding = 1, Groups = 2 }),
        new([1, 6, 5, 9], [51, 3, 3, 2], new() { Padding = 1, Groups = 3 }),
        new([1, 3, 3, 4], [32, 4, 3, 3], new() { Padding = 5 }),
        // Depthwise: whole vectors and rests of channels, eight pixels at a time and at the edges.
        new([2, 5, 19, 43], [43, 1, 3, 3], new() { Padding = 1, Groups = 43 }),
        new(
            [1, 9, 36, 24],
            [24, 1, 5, 5],
            new()
            {
                Padding = 2,
                Stride = 2,
                Groups = 24,
            }
        ),
        new(
            [1, 7, 23, 17],
            [17, 1, 3, 2],
            new()
            {
                Padding = new Pair(3, 2),
                Dilation = new Pair(3, 2),
                Groups = 17,
            }
        ),
        new([1, 2, 3, 8], [8, 1, 7, 7], new() { Padding = 3, Groups = 8 }),
        // Depthwise in lines: every number of taps outside of the padding, long rows, vectors of both widths, pixels without taps.
        new([1, 7, 7, 70], [70, 1, 5, 5], new() { Padding = 2, Groups = 70 }),
        new([1, 1, 100, 40], [40, 1, 3, 3], new() { Padding = 1, Groups = 40 }),
        new([3, 1, 1, 33], [33, 1, 5, 5], new() { Padding = 2, Groups = 33 }),
        new([1, 9, 8, 32], [32, 1, 4, 1], new() { Padding = new Pair(1, 0), Groups = 32 }),
        new([1, 3, 5, 16], [16, 1, 2, 5], new() { Padding = new Pair(1, 3), Groups = 16 }),
        new(
            [1, 1, 1, 24],
            [24, 1, 3, 3],
            new()
            {
                Padding = 3,
                Dilation = 2,
                Groups = 24,
            }
        ),
        // Padding that differs from side to side
        new(
            [1, 6, 20, 16],
            [16, 1, 3, 3],
            new()
            {
                EndPadding = new Pair(1, 2),
                Stride = 2,
                Groups = 16,
            }
        ),
        new(
            [2, 5, 6, 3],
            [7, 3, 3, 3],
            new()
            {
                Padding = new Pair(0, 1),
                EndPadding = new Pair(2, 0),
                Stride = 2,
            }
        ),
        new([1, 5, 6, 16], [16, 16, 3, 3], new() { EndPadding = 2 }),
        new([1, 4, 3, 0], [20, 0, 2, 2], new()),
    ];

    public static MatrixTheoryData<DeviceKind, Case> Cases => new(DeviceKinds.All, Shapes);

    [Theory, MemberData(nameof(Cases))]
    public void Conv2d_agrees_with_double_loops(DeviceKind kind, Case c)
    {
        var x = Numbers.Normal(Key.Fold("x"), c.X);
        var weight = Numbers.Normal(Key.Fold("weight"), c.Weight);
        var bias = Numbers.Normal(Key.Fold("bias"), [c.Weight[0]]);
        var expected = Reference.Conv2d(x, weight, bias, c.Options);
        var device = Use(kind, expected.Shape.Count);
        expected.Check(Conv2d.Forward(x.On(device), weight.On(device), bias.On(device), c.Options));
    }

    public static MatrixTheoryData<DeviceKind, TailCase, bool, bool> Fusions =>
        new(DeviceKinds.All, TailCase.All, [false, true], [false, true]);

    [Theory, MemberData(nameof(Fusions))]
    public void Plan_adds_bias_and_residual_before_its_tail(DeviceKind kind, TailCase tail, bool withBias, bool withResidual)
    {
        var device = Use(kind);
        var options = new Conv2dOptions { Padding = 1 };
        var x = Numbers.Normal(Key.Fold("x"), [2, 5, 6, 9]);
        var weight = Numbers.Normal(Key.Fold("weight"), [18, 9, 3, 3]);
        var bias = withBias ? Numbers.Normal(Key.Fold("bias"), [18]) : null;
        var residual = withResidual ? Numbers.Normal(Key.Fold("residual"), [2, 5, 6, 18]) : null;
        var plan = Conv2dPlan.Create(weight.On(device), bias?.On(device), options);
        var y = plan.Forward(x.On(device), residual?.On(device), tail.Tail);
        Reference.Conv2d(x, weight, bias, options, residual, tail).Check(y);
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Plan_may_write_over_its_residual(DeviceKind kind)
    {
        var device = Use(kind);
        var x = Numbers.Normal(Key.Fold("x"), [1, 5, 6, 8]);
        var weight = Numbers.Normal(Key.Fold("weight"), [16, 8, 1, 1]);
        var residual = Numbers.Normal(Key.Fold("residual"), [1, 5, 6, 16]);
        var y = residual.On(device);
        Conv2dPlan.Create(weight.On(device), null, new()).ForwardInto(x.On(device), y, Tail.Relu, y);
        Reference.Conv2d(x, weight, null, new(), residual, TailCase.Relu).Check(y);
    }

    public static MatrixTheoryData<DeviceKind, TailCase> Tails => new(DeviceKinds.All, TailCase.All);

    [Theory, MemberData(nameof(Tails))]
    public void Plan_of_a_linear_layer_ends_with_its_tail(DeviceKind kind, TailCase tail)
    {
        var device = Use(kind);
        var x = Numbers.Normal(Key.Fold("x"), [3, 1, 1, 50]);
        var weight = Numbers.Normal(Key.Fold("weight"), [21, 50, 1, 1]);
        var bias = Numbers.Normal(Key.Fold("bias"), [21]);
        var y = Conv2dPlan.Create(weight.On(device), bias.On(device), new()).Forward(x.On(device), null, tail.Tail);
        Reference.Conv2d(x, weight, bias, new(), null, tail).Check(y);
    }

    [Theory, MemberData(nameof(Tails))]
    public void Plan_of_wide_tiles_ends_with_its_tail(DeviceKind kind, TailCase tail)
    {
        var device = Use(kind);
        var x = Numbers.Normal(Key.Fold("x"), [1, 5, 4, 16]);
        var weight = Numbers.Normal(Key.Fold("weight"), [40, 16, 1, 1]);
        var residual = Numbers.Normal(Key.Fold("residual"), [1, 5, 4, 40]);
        var y = Conv2dPlan.Create(weight.On(device), null, new()).Forward(x.On(device), residual.On(device), tail.Tail);
        Reference.Conv2d(x, weight, null, new(), residual, tail).Check(y);
    }

    [Theory, MemberData(nameof(Tails))]
    public void Plan_keeps_NaN_through_its_tail(DeviceKind kind, TailCase tail)
    {
        var device = Use(kind);
        var plan = Conv2dPlan.Create(new Numbers([1, 1, 1, 1], [1f]).On(device), null, new());
        var y = plan.Forward(new Numbers([1, 1, 3, 1], [float.NaN, -8f, 8f]).On(device), null, tail.Tail).ToArray();
        Assert.Equal(float.NaN, y[0]);
        Assert.Equal(tail.Of(-8), y[1], 1e-6);
        Assert.Equal(tail.Of(8), y[2], 1e-6);
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Plan_does_not_see_later_changes_of_its_weights(DeviceKind kind)
    {
        var device = Use(kind);
        var weight = new Numbers([1, 1, 1, 1], [2f]).On(device);
        var bias = new Numbers([1], [1f]).On(device);
        var plan = Conv2dPlan.Create(weight, bias, new());
        weight.Overwrite([5f]);
        bias.Overwrite([5f]);
        Assert.Equal([7f], plan.Forward(new Numbers([1, 1, 1, 1], [3f]).On(device), null, Tail.None).ToArray());
    }

    public static MatrixTheoryData<DeviceKind, int> ReferenceCases => new(DeviceKinds.All, [.. Enumerable.Range(0, 9)]);

    [Theory, MemberData(nameof(ReferenceCases))]
    public void Conv2d_agrees_with_PyTorch(DeviceKind kind, int number)
    {
        using var file = ReferenceCase.Open($"conv2d_{number}");
        var options = new Conv2dOptions
        {
            Stride = file.Integer("stride"),
            Padding = file.Integer("padding"),
            Dilation = file.Integer("dilation"),
            Groups = file.Integer("groups"),
        };
        var (x, weight, bias) = (file.Read("x"), file.Read("weight"), file.Read("bias"));
        var expected = Reference.Conv2d(x.ToChannelsLast(), weight, bias, options).WithValues(file.Read("out").ToChannelsLast());
        var device = Use(kind, expected.Shape.Count);
        expected.Check(Conv2d.Forward(ChannelOrder.ToChannelsLast(x.On(device)), weight.On(device), bias.On(device), options));
    }

    public static TheoryData<Case, string> Broken =>
        new()
        {
            { new([5, 5, 3], [4, 3, 3, 3], new()), "Conv2d: expected x [N, H, W, C] of 4 axes, got [5, 5, 3]" },
            { new([1, 5, 5, 3], [4, 3, 9], new()), "Conv2d: expected weight [O, I, kH, kW] of 4 axes, got [4, 3, 9]" },
            {
                new([1, 5, 5, 3], [4, 3, 3, 3], new() { Stride = new Pair(0, 1) }),
                "Conv2d: expected stride ≥ 1, padding ≥ 0 and dilation ≥ 1, got 0×1, 0 and 1"
            },
            {
                new([1, 5, 5, 3], [4, 2, 3, 3], new()),
                "Conv2d: expected weight [O, C / groups, kH, kW] with 1 groups over 3 channels, got [4, 2, 3, 3]"
            },
            {
                new([1, 5, 5, 3], [4, 1, 3, 3], new() { Groups = 2 }),
                "Conv2d: expected weight [O, C / groups, kH, kW] with 2 groups over 3 channels, got [4, 1, 3, 3]"
            },
            {
                new([1, 5, 2, 3], [4, 3, 3, 3], new()),
                "Conv2d: expected a kernel within the padded input, got weight [4, 3, 3, 3] with padding 0 and dilation 1 over [1, 5, 2, 3]"
            },
        };

    [Theory, MemberData(nameof(Broken))]
    public void Shapes_that_do_not_fit_are_named(Case c, string message)
    {
        var device = Use(DeviceKind.Host);
        var e = Assert.Throws<ShapeException>(() =>
            Conv2d.Forward(Tensor<float>.Zeros(device, c.X), Tensor<float>.Zeros(device, c.Weight), null, c.Options)
        );
        Assert.Equal(message, e.Message);
    }

    [Fact]
    public void A_bias_or_residual_of_another_size_is_named()
    {
        var device = Use(DeviceKind.Host);
        var weight = Tensor<float>.Zeros(device, [4, 3, 1, 1]);
        Assert.Equal(
            "Conv2d: expected bias of [4], got [3]",
            Assert.Throws<ShapeException>(() => Conv2dPlan.Create(weight, Tensor<float>.Zeros(device, [3]), new())).Message
        );
        var plan = Conv2dPlan.Create(weight, null, new());
        var e = Assert.Throws<ShapeException>(() =>
            plan.Forward(Tensor<float>.Zeros(device, [1, 2, 2, 3]), Tensor<float>.Zeros(device, [1, 2, 2, 3]), Tail.None)
        );
        Assert.Equal("Conv2d: expected equal shapes, got [1, 2, 2, 4] and [1, 2, 2, 3]", e.Message);
    }
}
