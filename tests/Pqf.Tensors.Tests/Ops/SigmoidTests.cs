using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class SigmoidTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(3);

    [Theory, MemberData(nameof(DeviceKinds.Lengths), MemberType = typeof(DeviceKinds))]
    public void Sigmoid_agrees_with_double(DeviceKind kind, int length)
    {
        var device = Use(kind, length);
        var x = Numbers.Normal(Key.Fold("sigmoid"), [length]);
        Reference.Sigmoid(x).Check(Map.Forward<Sigmoid>(x.On(device)));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Sigmoid_of_large_values_ends_at_zero_and_one(DeviceKind kind)
    {
        var device = Use(kind);
        float[] values = [-1000f, 1000f, float.NegativeInfinity, float.PositiveInfinity, 0f],
            expected = [0f, 1f, 0f, 1f, 0.5f];
        Assert.Equal(
            [.. expected, .. expected, .. expected],
            Map.Forward<Sigmoid>(Tensor<float>.From(device, [15], [.. values, .. values, .. values])).ToArray()
        );
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Sigmoid_is_adjoint_to_its_derivative(DeviceKind kind)
    {
        var device = Use(kind);
        var (x, u, v) = (Numbers.Normal(Key.Fold("x"), [37]), Numbers.Normal(Key.Fold("u"), [37]), Numbers.Normal(Key.Fold("v"), [37]));
        double[] jv = Adjoint.Derivative(values => [.. values.Select(value => 1 / (1 + Math.Exp(-value)))], x, v);
        // Terms: the exponential's roundings
        Adjoint.Check(jv, u, v, Map.Pullback<Sigmoid>(Map.Forward<Sigmoid>(x.On(device)), u.On(device)), 16);
    }
}
