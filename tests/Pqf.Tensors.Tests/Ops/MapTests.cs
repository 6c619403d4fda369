using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class MapTests(DeviceSet devices) : DeviceTest(devices)
{
    public static MatrixTheoryData<DeviceKind, int> Lengths => new(DeviceKinds.All, [0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 1025]);

    [Theory, MemberData(nameof(Lengths))]
    public void Relu_is_the_larger_of_x_and_zero(DeviceKind kind, int length)
    {
        var device = Use(kind, length);
        var x = Numbers.Normal(RngKey.FromSeed(3), [length]);
        Reference.Relu(x).Check(Map.Forward<Relu>(x.On(device)));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Relu_keeps_NaN_and_infinity(DeviceKind kind)
    {
        var device = Use(kind);
        float[] values = [float.NaN, -1f, float.PositiveInfinity, float.NegativeInfinity, 0f, 1e-45f, -1e-45f];
        float[] expected = [float.NaN, 0f, float.PositiveInfinity, 0f, 0f, 1e-45f, 0f];
        float[] more = [.. values, .. values, .. values]; // past a whole vector, and its rest
        Assert.Equal([.. expected, .. expected, .. expected], Map.Forward<Relu>(Tensor<float>.From(device, [21], more)).ToArray());
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Sigmoid_agrees_with_double(DeviceKind kind, int length)
    {
        var device = Use(kind, length);
        var x = Numbers.Normal(RngKey.FromSeed(3).Fold("sigmoid"), [length]);
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
}
