using Pqf.Autodiff;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class ConvTranspose2dTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(31);

    /// <summary>A transposed convolution: x [N, H, W, I], weight [I, O, kH, kW].</summary>
    public sealed record Case(Shape X, Shape Weight, ConvTranspose2dOptions Options)
    {
        public override string ToString() =>
            $"{X} * {Weight}, stride {Options.Stride}, padding {Options.Padding}, output padding {Options.OutputPadding}";
    }

    static readonly Case[] Shapes =
    [
        new([0, 14, 14, 8], [8, 4, 2, 2], new() { Stride = 2 }),
        new([1, 1, 1, 1], [1, 1, 1, 1], new()),
        new([1, 1, 1, 3], [3, 5, 2, 2], new() { Stride = 2 }),
        new([1, 2, 3, 0], [0, 5, 2, 2], new() { Stride = 2 }),
        new([2, 2, 3, 5], [5, 0, 2, 2], new() { Stride = 2 }),
        new([2, 7, 6, 16], [16, 32, 2, 2], new() { Stride = 2 }),
        new([1, 9, 5, 17], [17, 33, 2, 2], new() { Stride = 2 }),
        new([2, 7, 6, 5], [5, 3, 3, 3], new() { Stride = 2, Padding = 1 }),
        new(
            [2, 7, 6, 16],
            [16, 7, 3, 3],
            new()
            {
                Stride = 2,
                Padding = 1,
                OutputPadding = 1,
            }
        ),
        new([1, 5, 6, 4], [4, 4, 4, 4], new() { Padding = 2 }),
        new([1, 6, 5, 8], [8, 9, 1, 1], new()),
        new([1, 5, 6, 8], [8, 16, 1, 1], new() { Stride = 3 }), // pixels that no tap reaches
        new(
            [1, 3, 4, 6],
            [6, 8, 2, 3],
            new()
            {
                Stride = new Pair(3, 2),
                Padding = new Pair(0, 1),
                OutputPadding = new Pair(2, 1),
            }
        ),
        new([1, 2, 1, 4], [4, 5, 1, 3], new() { Stride = new Pair(4, 1), Padding = new Pair(0, 1) }),
        new([1, 4, 4, 3], [3, 5, 5, 5], new() { Stride = 3, Padding = 4 }), // more padding than the kernel's own
        new([1, 1, 1, 6], [6, 4, 3, 3], new() { Stride = 2, Padding = 1 }), // fewer pixels than phases
        new([1, 4, 3, 20], [20, 24, 3, 3], new() { Stride = 2, Padding = 1 }), // wide enough for a GPU's tiles
        new([1, 3, 4, 19], [19, 18, 2, 2], new() { Stride = 3 }), // and pixels that no tap reaches
    ];

    public static MatrixTheoryData<DeviceKind, Case> Cases => new(DeviceKinds.All, Shapes);

    [Theory, MemberData(nameof(Cases))]
    public void ConvTranspose2d_agrees_with_double_loops(DeviceKind kind, Case c)
    {
        var (x, weight, bias) = Draw(c);
        var expected = Reference.ConvTranspose2d(x, weight, bias, c.Options);
        var device = Use(kind, expected.Shape.Count);
        expected.Check(ConvTranspose2d.Forward(x.On(device), weight.On(device), bias.On(device), c.Options));
    }

    public static MatrixTheoryData<DeviceKind, TailCase, bool> Fusions => new(DeviceKinds.All, TailCase.All, [false, true]);

    [Theory, MemberData(nameof(Fusions))]
    public void Plan_adds_bias_before_its_tail(DeviceKind kind, TailCase tail, bool withBias)
    {
        var device = Use(kind);
        Check(Shapes[11]);
        Check(Shapes[5])(); // and again

        Action Check(Case c)
        {
            var (x, weight, bias) = Draw(c);
            var plan = ConvTranspose2dPlan.Create(weight.On(device), withBias ? bias.On(device) : null, c.Options);
            var expected = Reference.ConvTranspose2d(x, weight, withBias ? bias : null, c.Options, tail);
            var check = () => expected.Check(plan.Forward(x.On(device), tail.Tail));
            check();
            return check;
        }
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Plan_does_not_see_later_changes_of_its_weights(DeviceKind kind)
    {
        var device = Use(kind);
        var weight = new Numbers([1, 1, 1, 1], [2f]).On(device);
        var bias = new Numbers([1], [1f]).On(device);
        var plan = ConvTranspose2dPlan.Create(weight, bias, new());
        weight.Overwrite([5f]);
        bias.Overwrite([5f]);
        Assert.Equal([7f], plan.Forward(new Numbers([1, 1, 1, 1], [3f]).On(device), Tail.None).ToArray());
    }

    public static MatrixTheoryData<DeviceKind, int> ReferenceCases => new(DeviceKinds.All, [0, 1, 2]);

    [Theory, MemberData(nameof(ReferenceCases))]
    public void ConvTranspose2d_agrees_with_PyTorch(DeviceKind kind, int number)
    {
        using var file = ReferenceCase.Open($"conv_transpose2d_{number}");
        var options = new ConvTranspose2dOptions { Stride = file.Integer("stride"), Padding = file.Integer("padding") };
        var (x, weight, bias) = (file.Read("x").ToChannelsLast(), file.Read("weight"), file.Read("bias"));
        var expected = Reference.ConvTranspose2d(x, weight, bias, options).WithValues(file.Read("out").ToChannelsLast());
        var device = Use(kind, expected.Shape.Count);
        expected.Check(ConvTranspose2d.Forward(x.On(device), weight.On(device), bias.On(device), options));
    }

    public static TheoryData<Case, string> Broken =>
        new()
        {
            { new([5, 5, 3], [3, 4, 2, 2], new()), "ConvTranspose2d: expected x [N, H, W, I] of 4 axes, got [5, 5, 3]" },
            { new([1, 5, 5, 3], [3, 4, 4], new()), "ConvTranspose2d: expected weight [I, O, kH, kW] of 4 axes, got [3, 4, 4]" },
            { new([1, 5, 5, 3], [4, 3, 2, 2], new()), "ConvTranspose2d: expected weight [I, O, kH, kW] over 3 channels, got [4, 3, 2, 2]" },
            {
                new([1, 5, 5, 3], [3, 4, 2, 2], new() { OutputPadding = 1 }),
                "ConvTranspose2d: expected stride ≥ 1, padding ≥ 0 and output padding from 0 to stride − 1, got 1, 0 and 1"
            },
            {
                new([1, 1, 5, 3], [3, 4, 2, 2], new() { Padding = 1 }),
                "ConvTranspose2d: expected pixels in and out, got [1, 1, 5, 3] with weight [3, 4, 2, 2], stride 1 and padding 1"
            },
        };

    [Theory, MemberData(nameof(Broken))]
    public void Shapes_that_do_not_fit_are_named(Case c, string message)
    {
        var device = Use(DeviceKind.Host);
        var e = Assert.Throws<ShapeException>(() =>
            ConvTranspose2d.Forward(Tensor<float>.Zeros(device, c.X), Tensor<float>.Zeros(device, c.Weight), null, c.Options)
        );
        Assert.Equal(message, e.Message);
    }

    [Fact]
    public void A_bias_or_result_of_another_size_is_named()
    {
        var device = Use(DeviceKind.Host);
        var weight = Tensor<float>.Zeros(device, [3, 4, 2, 2]);
        Assert.Equal(
            "ConvTranspose2d: expected bias of [4], got [3]",
            Assert.Throws<ShapeException>(() => ConvTranspose2dPlan.Create(weight, Tensor<float>.Zeros(device, [3]), new())).Message
        );
        var e = Assert.Throws<ShapeException>(() =>
            ConvTranspose2d.InputPullback([1, 5, 5, 3], weight, new(), Tensor<float>.Zeros(device, [1, 5, 5, 4]))
        );
        Assert.Equal("ConvTranspose2d: expected a result of [1, 6, 6, 4], got [1, 5, 5, 4]", e.Message);
    }

    static (Numbers X, Numbers Weight, Numbers Bias) Draw(Case c) =>
        (Numbers.Normal(Key.Fold("x"), c.X), Numbers.Normal(Key.Fold("weight"), c.Weight), Numbers.Normal(Key.Fold("bias"), [c.Weight[1]]));
}
