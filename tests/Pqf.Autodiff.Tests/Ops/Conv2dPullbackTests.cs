using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Products;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

public class Conv2dPullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(21);

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
        new([1, 29, 2, 33], [33, 33, 1, 1], new()),
        new([2, 8, 7, 32], [16, 32, 1, 1], new() { Stride = 2 }),
        new([2, 9, 8, 16], [40, 16, 3, 3], new() { Padding = 1 }),
        new([2, 9, 8, 5], [7, 5, 3, 3], new() { Stride = 2, Padding = 1 }),
        new([2, 8, 8, 16], [16, 16, 3, 3], new() { Stride = 2, Padding = 1 }),
        new([2, 6, 58, 16], [33, 16, 3, 3], new() { Stride = 2, Padding = 1 }), // lines of 29 pixels: three tiles
        new([1, 10, 11, 4], [6, 4, 5, 5], new() { Stride = 3, Padding = 2 }),
        new([1, 13, 12, 3], [8, 3, 7, 7], new() { Stride = 2, Padding = 3 }),
        new([1, 11, 10, 8], [12, 8, 3, 3], new() { Padding = 2, Dilation = 2 }),
        new([2, 6, 6, 12], [24, 4, 3, 3], new() { Padding = 1, Groups = 3 }),
        new(
            [1, 7, 8, 12],
            [8, 6, 3, 3],
            new()
            {
                Padding = 1,
                Stride = 2,
                Groups = 2,
            }
        ),
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
        new(
            [1, 11, 13, 5],
            [6, 5, 3, 3],
            new()
            {
                Stride = new Pair(2, 4),
                Padding = new Pair(1, 3),
                Dilation = new Pair(2, 3),
            }
        ),
        new([1, 5, 5, 4], [3, 4, 2, 2], new() { Stride = 4 }), // pixels that no tap reaches
        new([2, 5, 11, 21], [21, 1, 3, 3], new() { Padding = 1, Groups = 21 }),
        // Depthwise: four vectors of channels, one, and a rest; several parts; strides; rows and columns that taps do not reach.
        new([3, 16, 15, 91], [91, 1, 3, 3], new() { Padding = 1, Groups = 91 }),
        new(
            [2, 9, 8, 75],
            [75, 1, 5, 5],
            new()
            {
                Padding = 2,
                Stride = 2,
                Groups = 75,
            }
        ),
        new(
            [1, 7, 9, 17],
            [17, 1, 3, 2],
            new()
            {
                Padding = new Pair(3, 2),
                Stride = new Pair(1, 3),
                Dilation = new Pair(3, 2),
                Groups = 17,
            }
        ),
        new([1, 2, 3, 8], [8, 1, 2, 2], new() { Padding = 4, Groups = 8 }),
        new([1, 6, 7, 20], [20, 1, 1, 2], new() { Stride = 3, Groups = 20 }),
        new(
            [1, 6, 7, 8],
            [8, 1, 3, 3],
            new()
            {
                EndPadding = 1,
                Stride = 2,
                Groups = 8,
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
        new([2, 1, 1, 17], [19, 17, 3, 3], new() { Padding = 1 }),
        new([1, 2, 2, 3], [4, 3, 2, 2], new() { Padding = 5 }), // more padding than the kernel needs
        new([1, 28, 28, 16], [16, 16, 3, 3], new() { Padding = 1 }), // several blocks of pixels
        new([2, 44, 40, 3], [16, 3, 3, 3], new() { Padding = 1 }), // and several parts
        // Wide enough for a GPU's tiles: whole quads of channels and not, phases, taps that reach nothing, groups, more padding than
        // needed.
        new([2, 6, 5, 20], [24, 20, 3, 3], new() { Padding = 1, Stride = 2 }),
        new([1, 7, 6, 21], [19, 21, 3, 2], new() { Padding = 1, Stride = 2 }),
        new([2, 6, 5, 24], [32, 24, 1, 1], new() { Stride = 2 }),
        new(
            [1, 8, 7, 36],
            [40, 18, 3, 3],
            new()
            {
                Padding = 2,
                Dilation = 2,
                Groups = 2,
            }
        ),
        new(
            [1, 7, 8, 40],
            [40, 20, 3, 3],
            new()
            {
                Padding = new Pair(1, 3),
                Stride = new Pair(2, 3),
                Dilation = new Pair(3, 2),
                Groups = 2,
            }
        ),
        new([1, 3, 2, 20], [17, 20, 2, 2], new() { Padding = 3 }),
        new([1, 40, 40, 17], [20, 17, 3, 3], new() { Padding = 1 }), // weights' sums in parts
    ];

    public static MatrixTheoryData<DeviceKind, Case> Cases => new(DeviceKinds.All, Shapes);

    [Theory, MemberData(nameof(Cases))]
    public void Input_gradient_agrees_with_double_loops(DeviceKind kind, Case c)
    {
        var (weight, dy) = (Numbers.Normal(Key.Fold("weight"), c.Weight), Numbers.Normal(Key.Fold("dy"), Output(c)));
        var device = Use(kind, c.X.Count);
        Reference
            .Conv2dInputGradient(c.X, weight, c.Options, dy)
            .Check(Conv2d.InputPullback(c.X, weight.On(device), c.Options, dy.On(device)));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Weight_gradient_agrees_with_double_loops(DeviceKind kind, Case c)
    {
        var (x, dy) = (Numbers.Normal(Key.Fold("x"), c.X), Numbers.Normal(Key.Fold("dy"), Output(c)));
        var device = Use(kind, c.Weight.Count * (1 + (Output(c).Count / 1024)));
        Reference
            .Conv2dWeightGradient(x, c.Weight, c.Options, dy)
            .Check(Conv2d.WeightPullback(x.On(device), c.Weight, c.Options, dy.On(device)));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_are_adjoint_to_the_forward(DeviceKind kind, Case c)
    {
        var (x, weight, u) = (
            Numbers.Normal(Key.Fold("x"), c.X),
            Numbers.Normal(Key.Fold("weight"), c.Weight),
            Numbers.Normal(Key.Fold("u"), Output(c))
        );
        var (dx, dWeight) = (Numbers.Normal(Key.Fold("dx"), c.X), Numbers.Normal(Key.Fold("dweight"), c.Weight));
        var device = Use(kind, Math.Max(c.X.Count, c.Weight.Count * (1 + (Output(c).Count / 1024))));
        // Linear in each operand: J v is the convolution of v.
        Adjoint.Check(
            Reference.Conv2d(dx, weight, null, c.Options).Values,
            u,
            dx,
            Conv2d.InputPullback(c.X, weight.On(device), c.Options, u.On(device)),
            c.Weight.Count
        );
        Adjoint.Check(
            Reference.Conv2d(x, dWeight, null, c.Options).Values,
            u,
            dWeight,
            Conv2d.WeightPullback(x.On(device), c.Weight, c.Options, u.On(device)),
            u.Shape.Count
        );
    }

    public static MatrixTheoryData<DeviceKind, int> ReferenceCases => new(DeviceKinds.All, [.. Enumerable.Range(0, 9)]);

    [Theory, MemberData(nameof(ReferenceCases))]
    public void Gradients_agree_with_PyTorch(DeviceKind kind, int number)
    {
        using var file = ReferenceCase.Open($"conv2d_{number}");
        var options = new Conv2dOptions
        {
            Stride = file.Integer("stride"),
            Padding = file.Integer("padding"),
            Dilation = file.Integer("dilation"),
            Groups = file.Integer("groups"),
        };
        var (x, weight, dy) = (file.Read("x").ToChannelsLast(), file.Read("weight"), file.Read("grad_out").ToChannelsLast());
        var device = Use(kind, Math.Max(x.Shape.Count, weight.Shape.Count));
        Reference
            .Conv2dInputGradient(x.Shape, weight, options, dy)
            .WithValues(file.Read("grad_x").ToChannelsLast())
            .Check(Conv2d.InputPullback(x.Shape, weight.On(device), options, dy.On(device)));
        Reference
            .Conv2dWeightGradient(x, weight.Shape, options, dy)
            .WithValues(file.Read("grad_weight"))
            .Check(Conv2d.WeightPullback(x.On(device), weight.Shape, options, dy.On(device)));
        Reference.SumRows(dy).WithValues(file.Read("grad_bias")).Check(Linear.BiasPullback(dy.On(device)));
    }

    [Fact]
    public void An_incoming_gradient_of_another_shape_is_named()
    {
        var device = Use(DeviceKind.Host);
        var (x, weight, dy) = (
            Tensor<float>.Zeros(device, [1, 5, 5, 3]),
            Tensor<float>.Zeros(device, [4, 3, 3, 3]),
            Tensor<float>.Zeros(device, [1, 5, 5, 4])
        );
        const string Message = "Conv2d: expected a result of [1, 3, 3, 4], got [1, 5, 5, 4]";
        Assert.Equal(Message, Assert.Throws<ShapeException>(() => Conv2d.InputPullback(x.Shape, weight, new(), dy)).Message);
        Assert.Equal(Message, Assert.Throws<ShapeException>(() => Conv2d.WeightPullback(x, weight.Shape, new(), dy)).Message);
    }

    static Shape Output(Case c) => Conv2d.OutputShape(c.X, c.Weight, c.Options);
}
