using Pqf.Autodiff;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

/// <summary>Functions of one number that share their tests. Those of ReLU, sigmoid and SiLU are in files of their own.</summary>
public class FunctionTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(3).Fold("functions");

    public static MatrixTheoryData<DeviceKind, FunctionCase> Cases => new(DeviceKinds.All, FunctionCase.All);

    public static MatrixTheoryData<DeviceKind, FunctionCase, int> Lengths =>
        new(DeviceKinds.All, FunctionCase.All, [0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 1025]);

    [Theory, MemberData(nameof(Lengths))]
    public void Values_agree_with_double(DeviceKind kind, FunctionCase c, int length)
    {
        var device = Use(kind, length);
        foreach (float spread in (float[])[0.1f, 1, 4, 20])
        {
            float[] x = [.. Numbers.Normal(Key, [length]).Values.Select(value => spread * value)];
            var expected = new Expected([length], [.. x.Select(value => c.Of(value))], [.. x.Select(value => c.Tolerance(value))]);
            expected.Check(c.Forward(Tensor<float>.From(device, [length], x)));
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_are_adjoint_to_the_derivative(DeviceKind kind, FunctionCase c)
    {
        var device = Use(kind);
        var (x, u, v) = (Numbers.Normal(Key.Fold("x"), [337]), Numbers.Normal(Key.Fold("u"), [337]), Numbers.Normal(Key.Fold("v"), [337]));
        x = x with { Values = [.. x.Values.Select(value => c.Kinks.Any(kink => Math.Abs(2 * value - kink) < 1e-3) ? 0.77f : 2 * value)] };
        double[] jv = Adjoint.Derivative(values => [.. values.Select(c.Of)], x, v);
        // Terms: the exponential's roundings
        Adjoint.Check(jv, u, v, Gradient(device, c, x.Values, u.Values), 16);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Large_values_and_NaN(DeviceKind kind, FunctionCase c)
    {
        var device = Use(kind);
        float[] x = Thrice(-1e38f, -1000f, 0f, 1000f, 1e38f, float.NaN);
        float[] y = c.Forward(Tensor<float>.From(device, [18], x)).ToArray(),
            slopes = Gradient(device, c, x, [.. Enumerable.Repeat(2f, 18)]).ToArray();
        for (int i = 0; i < x.Length; i++)
            if (float.IsNaN(x[i]))
                Assert.True(float.IsNaN(y[i]));
            else
            {
                Assert.Equal((float)c.Of(x[i]), y[i], c.Tolerance(x[i]) + 1e-30);
                Assert.False(float.IsNaN(slopes[i]));
            }
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_tail_gives_the_same_values(DeviceKind kind, FunctionCase c)
    {
        var device = Use(kind);
        var x = Numbers.Normal(Key.Fold("tail"), [2, 1, 1, 19]);
        var weight = Tensor<float>.From(device, [19, 19, 1, 1], [.. Enumerable.Range(0, 361).Select(i => i % 20 == 0 ? 1f : 0f)]);
        var plan = Conv2dPlan.Create(weight, null, new());
        new Expected(x.Shape, [.. x.Values.Select(value => c.Of(value))], [.. x.Values.Select(value => c.Tolerance(value))]).Check(
            plan.Forward(x.On(device), null, c.Tail)
        );
    }

    [Fact]
    public void Tails_of_equal_options_are_equal()
    {
        Assert.Equal(Tail.Of(new LeakyRelu(0.1f)), Tail.Of(new LeakyRelu(0.1f)));
        Assert.NotEqual(Tail.Of(new LeakyRelu(0.1f)), Tail.Of(new LeakyRelu(0.2f)));
        Assert.NotEqual(Tail.Of(new HardSigmoid(0.1f, 1)), Tail.Of(new Affine(0.1f, 1)));
    }

    /// <summary>Past a whole vector, and its rest.</summary>
    static float[] Thrice(params ReadOnlySpan<float> values) => [.. values, .. values, .. values];

    static Tensor<float> Gradient(Device device, FunctionCase c, float[] x, float[] dy)
    {
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var leaf = tape.Leaf(Tensor<float>.From(device, [x.Length], x));
        return scope.Keep(tape.Backward(tape.Apply(c.Function, leaf), Tensor<float>.From(device, [dy.Length], dy), leaf)[0]);
    }
}
