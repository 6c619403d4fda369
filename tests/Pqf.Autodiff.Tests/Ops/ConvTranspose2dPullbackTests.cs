using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

public class ConvTranspose2dPullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(32);

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
        new([2, 5, 4, 16], [16, 9, 2, 2], new() { Stride = 2 }),
        new(
            [2, 7, 6, 5],
            [5, 3, 3, 3],
            new()
            {
                Stride = 2,
                Padding = 1,
                OutputPadding = 1,
            }
        ),
        new([1, 5, 6, 4], [4, 4, 4, 4], new() { Padding = 2 }),
        new([1, 4, 3, 8], [8, 7, 1, 1], new() { Stride = 3 }),
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
    ];

    public static MatrixTheoryData<DeviceKind, Case> Cases => new(DeviceKinds.All, Shapes);

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_are_adjoint_to_the_forward(DeviceKind kind, Case c)
    {
        var (x, weight) = (Numbers.Normal(Key.Fold("x"), c.X), Numbers.Normal(Key.Fold("weight"), c.Weight));
        var (dx, dWeight) = (Numbers.Normal(Key.Fold("dx"), c.X), Numbers.Normal(Key.Fold("dweight"), c.Weight));
        // Linear in each operand: J v is the transposed convolution of v.
        var (alongX, alongWeight) = (
            Reference.ConvTranspose2d(dx, weight, null, c.Options),
            Reference.ConvTranspose2d(x, dWeight, null, c.Options)
        );
        var u = Numbers.Normal(Key.Fold("u"), alongX.Shape);
        var device = Use(kind, Math.Max(c.X.Count, c.Weight.Count * (1 + (u.Shape.Count / 1024))));
        Adjoint.Check(alongX.Values, u, dx, ConvTranspose2d.InputPullback(c.X, weight.On(device), c.Options, u.On(device)), c.Weight.Count);
        Adjoint.Check(
            alongWeight.Values,
            u,
            dWeight,
            ConvTranspose2d.WeightPullback(x.On(device), c.Weight, c.Options, u.On(device)),
            u.Shape.Count
        );
    }

    public static MatrixTheoryData<DeviceKind, int> ReferenceCases => new(DeviceKinds.All, [0, 1, 2]);

    [Theory, MemberData(nameof(ReferenceCases))]
    public void Recorded_gradients_agree_with_PyTorch(DeviceKind kind, int number)
    {
        using var file = ReferenceCase.Open($"conv_transpose2d_{number}");
        var options = new ConvTranspose2dOptions { Stride = file.Integer("stride"), Padding = file.Integer("padding") };
        var (x, weight, dy) = (file.Read("x").ToChannelsLast(), file.Read("weight"), file.Read("grad_out").ToChannelsLast());
        var device = Use(kind, dy.Shape.Count);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        Variable[] leaves = [tape.Leaf(x.On(device)), tape.Leaf(weight.On(device)), tape.Leaf(file.Read("bias").On(device))];
        var gradients = tape.Backward(tape.Apply(new ConvTranspose2d.Function(options), leaves), dy.On(device), leaves);
        var convolution = new Conv2dOptions { Stride = options.Stride, Padding = options.Padding };
        Reference.Conv2d(dy, weight, null, convolution).WithValues(file.Read("grad_x").ToChannelsLast()).Check(gradients[0]);
        Reference.Conv2dWeightGradient(dy, weight.Shape, convolution, x).WithValues(file.Read("grad_weight")).Check(gradients[1]);
        Reference.SumRows(dy).WithValues(file.Read("grad_bias")).Check(gradients[2]);
    }
}
