using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class ReluTests(DeviceSet devices) : DeviceTest(devices)
{
    [Theory, MemberData(nameof(DeviceKinds.Lengths), MemberType = typeof(DeviceKinds))]
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

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void ReLU_passes_gradients_above_zero_and_through_NaN(DeviceKind kind)
    {
        var device = Use(kind);
        float[] x = [.. Enumerable.Repeat<float[]>([-1f, 0f, -0f, 2f, float.NaN, float.Epsilon], 9).SelectMany(v => v)];
        float[] expected = [.. Enumerable.Repeat<float[]>([0f, 0f, 0f, 5f, 5f, 5f], 9).SelectMany(v => v)];
        var y = Map.Forward<Relu>(Tensor<float>.From(device, [54], x));
        Assert.Equal(expected, Map.Pullback<Relu>(y, Tensor<float>.From(device, [54], [.. Enumerable.Repeat(5f, 54)])).ToArray());
    }
}
