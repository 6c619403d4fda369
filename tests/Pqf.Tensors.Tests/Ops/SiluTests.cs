using Pqf.Autodiff;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class SiluTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(3).Fold("silu");

    [Theory, MemberData(nameof(DeviceKinds.Lengths), MemberType = typeof(DeviceKinds))]
    public void Silu_agrees_with_double(DeviceKind kind, int length)
    {
        var device = Use(kind, length);
        var x = Numbers.Normal(Key, [length]);
        var wide = x with { Values = [.. x.Values.Select(value => 30 * value)] };
        Reference.Silu(x).Check(Map.Forward<Silu>(x.On(device)));
        Reference.Silu(wide).Check(Map.Forward<Silu>(wide.On(device)));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Silu_is_adjoint_to_its_derivative(DeviceKind kind)
    {
        var device = Use(kind);
        var (x, u, v) = (Numbers.Normal(Key.Fold("x"), [37]), Numbers.Normal(Key.Fold("u"), [37]), Numbers.Normal(Key.Fold("v"), [37]));
        double[] jv = Adjoint.Derivative(values => [.. values.Select(value => value / (1 + Math.Exp(-value)))], x, v);
        // Terms: the exponential's roundings
        Adjoint.Check(jv, u, v, Gradient(device, x.Values, u.Values), 16);
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Silu_and_its_slope_are_finite_at_large_values(DeviceKind kind)
    {
        var device = Use(kind);
        float[] x = Thrice(-1e38f, -1000f, 0f, 1000f, 1e38f);
        Assert.Equal(Thrice(0f, 0f, 0f, 1000f, 1e38f), Map.Forward<Silu>(Tensor<float>.From(device, [15], x)).ToArray());
        Assert.Equal(Thrice(0f, 0f, 1f, 2f, 2f), Gradient(device, x, [.. Enumerable.Repeat(2f, 15)]).ToArray());
    }

    [Fact]
    public void A_tape_keeps_the_input_and_not_the_value()
    {
        var device = Use(DeviceKind.Host);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        int before = device.LiveBuffers;
        var x = tape.Apply(new Scale.Function(1), tape.Leaf(Tensor<float>.From(device, [1], [0.5f])));
        var y = tape.Apply(new Map.Function<Silu>(), x);
        Assert.Equal(before + 3, device.LiveBuffers);
        tape.Done(x);
        Assert.Equal(before + 3, device.LiveBuffers);
        tape.Done(y);
        Assert.Equal(before + 2, device.LiveBuffers);
    }

    /// <summary>Past a whole vector, and its rest.</summary>
    static float[] Thrice(params ReadOnlySpan<float> values) => [.. values, .. values, .. values];

    static Tensor<float> Gradient(Device device, float[] x, float[] dy)
    {
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var leaf = tape.Leaf(Tensor<float>.From(device, [x.Length], x));
        return scope.Keep(tape.Backward(tape.Apply(new Map.Function<Silu>(), leaf), Tensor<float>.From(device, [dy.Length], dy), leaf)[0]);
    }
}
