using Pqf.Tensors;
using Pqf.Tensors.Ops.Losses;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

/// <summary>Softmax, LogSoftmax, CrossEntropy, OneHot.</summary>
public class LossPullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(25);

    public static MatrixTheoryData<DeviceKind, int, int> Shapes => new(DeviceKinds.All, [1, 7], [1, 2, 11, 16, 37]);

    [Theory, MemberData(nameof(Shapes))]
    public void Gradients_are_adjoint_to_the_forward(DeviceKind kind, int rows, int classes)
    {
        var device = Use(kind);
        Shape shape = [rows, classes];
        var (x, u, v) = (Numbers.Normal(Key.Fold("x"), shape), Numbers.Normal(Key.Fold("u"), shape), Numbers.Normal(Key.Fold("v"), shape));
        var input = x.On(device);
        // Terms: those of a row, and the exponential's roundings.
        Adjoint.Check(
            Adjoint.Derivative(values => Rows(values, classes, Math.Exp), x, v),
            u,
            v,
            Softmax.Pullback(Softmax.Forward(input), u.On(device)),
            classes + 16
        );
        Adjoint.Check(
            Adjoint.Derivative(values => Rows(values, classes, p => p), x, v),
            u,
            v,
            LogSoftmax.Pullback(LogSoftmax.Forward(input), u.On(device)),
            classes + 16
        );
        var target = Softmax.Forward(Numbers.Normal(Key.Fold("target"), shape).On(device));
        var dLoss = new Numbers(new Shape(), [-1.75f]);
        Adjoint.Check(
            Adjoint.Derivative(values => [Loss(values, classes, target.ToArray())], x, v),
            dLoss,
            v,
            CrossEntropy.Pullback(input, target, dLoss.On(device)),
            classes + 16
        );
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Values_agree_with_double_loops(DeviceKind kind, int rows, int classes)
    {
        var device = Use(kind);
        var x = Numbers.Normal(Key.Fold("x"), [rows, classes]);
        double[] values = [.. x.Values.Select(value => (double)value)];
        float[] log = LogSoftmax.Forward(x.On(device)).ToArray();
        double[] expected = Rows(values, classes, p => p);
        Assert.All(
            Enumerable.Range(0, log.Length),
            i => Assert.InRange(log[i] - expected[i], -1e-6 * (4 + Math.Abs(expected[i])), 1e-6 * (4 + Math.Abs(expected[i])))
        );
        var target = Softmax.Forward(Numbers.Normal(Key.Fold("target"), [rows, classes]).On(device));
        var loss = CrossEntropy.Forward(x.On(device), target);
        Assert.Equal(new Shape(), loss.Shape);
        Assert.Equal(Loss(values, classes, target.ToArray()), loss.ToArray()[0], 1e-5);
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Cross_entropy_agrees_with_PyTorch(DeviceKind kind)
    {
        using var file = ReferenceCase.Open("cross_entropy");
        var device = Use(kind);
        var x = file.Read("x").On(device);
        var target = OneHot.Create(device, [.. file.Read("target").Values.Select(value => (int)value)], x.Shape[1]);
        Close.Check(file.Read("out").Values, CrossEntropy.Forward(x, target).ToArray(), 1e-6);
        Close.Check(
            file.Read("grad_x").Values,
            CrossEntropy.Pullback(x, target, Tensor<float>.From(device, new Shape(), [1])).ToArray(),
            1e-5
        );
    }

    [Fact]
    public void Smoothed_targets_share_a_part_among_all_classes()
    {
        var device = Use(DeviceKind.Host);
        Assert.Equal([0.05f, 0.05f, 0.85f, 0.05f, 0.85f, 0.05f, 0.05f, 0.05f], OneHot.Create(device, [2, 0], 4, 0.2f).ToArray());
        Assert.Equal([0f, 1f], OneHot.Create(device, [1], 2).ToArray());
        Assert.Equal(
            "OneHot: expected classes from 0 to 1, got 2",
            Assert.Throws<ShapeException>(() => OneHot.Create(device, [0, 2], 2)).Message
        );
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Large_logits_do_not_overflow(DeviceKind kind)
    {
        var device = Use(kind);
        var x = Tensor<float>.From(device, [1, 3], [10_000, 9_999, -10_000]);
        var target = OneHot.Create(device, [1], 3);
        // 10,000 in single has steps of a thousandth
        Assert.Equal(1 + Math.Log(1 + Math.Exp(-1)), CrossEntropy.Forward(x, target).ToArray()[0], 2e-3);
        Assert.All(
            CrossEntropy.Pullback(x, target, Tensor<float>.From(device, new Shape(), [1])).ToArray(),
            value => Assert.InRange(value, -1f, 1f)
        );
    }

    /// <summary>A function of the log-probabilities of each row.</summary>
    static double[] Rows(double[] x, int classes, Func<double, double> f) =>
        [
            .. x.Chunk(classes)
                .SelectMany(row =>
                {
                    double max = row.Max(),
                        shift = max + Math.Log(row.Sum(value => Math.Exp(value - max)));
                    return row.Select(value => f(value - shift));
                }),
        ];

    static double Loss(double[] x, int classes, float[] target) =>
        -Rows(x, classes, p => p).Zip(target, (log, t) => log * t).Sum() / (x.Length / classes);
}
