using Pqf.Tensors;
using Pqf.Tensors.Ops.Losses;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

/// <summary>BinaryCrossEntropy, SmoothL1.</summary>
public class ElementLossPullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(41);

    public static MatrixTheoryData<DeviceKind, int> Lengths => new(DeviceKinds.All, [1, 7, 8, 17, 33, 1000]);

    [Theory, MemberData(nameof(Lengths))]
    public void Binary_cross_entropy_agrees_with_double_and_its_gradient_is_adjoint(DeviceKind kind, int length)
    {
        var device = Use(kind, length);
        var (x, v, dLoss) = (
            Numbers.Normal(Key.Fold("x"), [length]),
            Numbers.Normal(Key.Fold("v"), [length]),
            new Numbers(new Shape(), [-1.75f])
        );
        var target = new Numbers([length], [.. Enumerable.Range(0, length).Select(i => (float)Key.Fold("target").Uniform((ulong)i))]);
        double Loss(double[] values) =>
            values.Zip(target.Values, (value, t) => Math.Max(value, 0) - (value * t) + Math.Log(1 + Math.Exp(-Math.Abs(value)))).Sum()
            / length;
        Assert.Equal(
            Loss([.. x.Values.Select(value => (double)value)]),
            BinaryCrossEntropy.Forward(x.On(device), target.On(device)).ToArray()[0],
            2e-6
        );
        Adjoint.Check(
            Adjoint.Derivative(values => [Loss(values)], x, v),
            dLoss,
            v,
            BinaryCrossEntropy.Pullback(x.On(device), target.On(device), dLoss.On(device)),
            16
        );
    }

    public static MatrixTheoryData<DeviceKind, int, float> Betas => new(DeviceKinds.All, [1, 7, 8, 17, 33, 1000], [0f, 1f / 9, 1f]);

    [Theory, MemberData(nameof(Betas))]
    public void Smooth_L1_agrees_with_double_and_its_gradient_is_adjoint(DeviceKind kind, int length, float beta)
    {
        var device = Use(kind, length);
        var (target, v, dLoss) = (
            Numbers.Normal(Key.Fold("target"), [length]),
            Numbers.Normal(Key.Fold("v"), [length]),
            new Numbers(new Shape(), [-1.75f])
        );
        // Differences away from the kinks, 0 and ± beta.
        var x = new Numbers(
            [length],
            [
                .. target.Values.Select(
                    (t, i) => t + ((i % 2 == 0 ? 1 : -1) * (i % 3 == 0 ? beta + 0.25f : (0.5f * beta) + (beta == 0 ? 0.125f : 0)))
                ),
            ]
        );
        double Loss(double[] values) =>
            values
                .Zip(
                    target.Values,
                    (value, t) => Math.Abs(value - t) < beta ? 0.5 * (value - t) * (value - t) / beta : Math.Abs(value - t) - (0.5 * beta)
                )
                .Sum();
        double expected = Loss([.. x.Values.Select(value => (double)value)]);
        Assert.Equal(expected, SmoothL1.Forward(x.On(device), target.On(device), beta).ToArray()[0], 1e-6 * (1 + expected));
        Adjoint.Check(
            Adjoint.Derivative(values => [Loss(values)], x, v),
            dLoss,
            v,
            SmoothL1.Pullback(x.On(device), target.On(device), beta, dLoss.On(device)),
            16
        );
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Recorded_losses_agree_with_PyTorch(DeviceKind kind)
    {
        var device = Use(kind);
        Check(device, "bce_with_logits", _ => new BinaryCrossEntropy.Function());
        Check(device, "smooth_l1", file => new SmoothL1.Function(file.Parameters.GetProperty("beta").GetSingle()));
    }

    static void Check(Pqf.Tensors.Devices.Device device, string name, Func<ReferenceCase, DifferentiableFunction> loss)
    {
        using var file = ReferenceCase.Open(name);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var leaf = tape.Leaf(file.Read("x").On(device));
        var value = tape.Apply(loss(file), leaf, Tape.Constant(file.Read("target").On(device)));
        Assert.Equal(new Shape(), value.Shape);
        Close.Check(file.Read("out").Values, value.Value.ToArray(), 1e-6);
        Close.Check(
            file.Read("grad_x").Values,
            tape.Backward(value, Tensor<float>.From(device, new Shape(), [1]), leaf)[0].ToArray(),
            1e-6
        );
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Losses_of_nothing_are_zero(DeviceKind kind)
    {
        var device = Use(kind);
        var (none, dLoss) = (Tensor<float>.Zeros(device, [0, 4]), Tensor<float>.From(device, new Shape(), [1]));
        Assert.Equal([0f], BinaryCrossEntropy.Forward(none, none).ToArray());
        Assert.Equal([0f], SmoothL1.Forward(none, none, 1).ToArray());
        Assert.Equal(none.Shape, BinaryCrossEntropy.Pullback(none, none, dLoss).Shape);
        Assert.Equal(none.Shape, SmoothL1.Pullback(none, none, 1, dLoss).Shape);
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Sure_logits_do_not_overflow(DeviceKind kind)
    {
        var device = Use(kind);
        float[] logits = [1000f, -1000f, 1000f, -1000f, 0f, 0f, 0f, 0f, 0f],
            targets = [1f, 0f, 0f, 1f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f];
        var (x, target) = (Tensor<float>.From(device, [9], logits), Tensor<float>.From(device, [9], targets));
        Assert.Equal((2000 + (5 * Math.Log(2))) / 9, BinaryCrossEntropy.Forward(x, target).ToArray()[0], 1e-4);
        float[] expected = [0f, 0f, 1f, -1f, 0f, 0f, 0f, 0f, 0f];
        Assert.Equal(
            expected,
            BinaryCrossEntropy
                .Pullback(x, target, Tensor<float>.From(device, new Shape(), [9]))
                .ToArray()
                .Select(value => MathF.Round(value, 6))
        );
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Smooth_L1_has_no_slope_at_its_target(DeviceKind kind)
    {
        var device = Use(kind);
        var x = Tensor<float>.From(device, [9], [.. Enumerable.Repeat(1.5f, 9)]);
        foreach (float beta in (float[])[0f, 1f])
            Assert.Equal(new float[9], SmoothL1.Pullback(x, x, beta, Tensor<float>.From(device, new Shape(), [1])).ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        var device = Use(DeviceKind.Host);
        var (x, target) = (Tensor<float>.Zeros(device, [2]), Tensor<float>.Zeros(device, [3]));
        Assert.Equal(
            "BinaryCrossEntropy: expected equal shapes, got [2] and [3]",
            Assert.Throws<ShapeException>(() => BinaryCrossEntropy.Forward(x, target)).Message
        );
        Assert.Equal(
            "SmoothL1: expected equal shapes, got [2] and [3]",
            Assert.Throws<ShapeException>(() => SmoothL1.Forward(x, target, 1)).Message
        );
        Assert.Equal(
            "SmoothL1: expected beta of 0 or more, got -1",
            Assert.Throws<ArgumentException>(() => SmoothL1.Forward(x, x, -1)).Message
        );
    }
}
