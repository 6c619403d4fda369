using Pqf.Autodiff;
using Pqf.Tensors.Ops.Losses;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class SoftmaxTests(DeviceSet devices) : DeviceTest(devices)
{
    public static MatrixTheoryData<DeviceKind, int[]> Shapes =>
        new(
            DeviceKinds.All,
            [
                [0, 5],
                [1, 1],
                [3, 2],
                [5, 7],
                [2, 8],
                [2, 15],
                [2, 16],
                [3, 17],
                [2, 3, 33],
                [2, 1000],
            ]
        );

    [Theory, MemberData(nameof(Shapes))]
    public void Softmax_agrees_with_double_loops(DeviceKind kind, int[] shape)
    {
        var device = Use(kind);
        var x = Numbers.Normal(RngKey.FromSeed(9), new Shape(shape));
        Reference.Softmax(x).Check(Softmax.Forward(x.On(device)));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Large_logits_do_not_overflow(DeviceKind kind)
    {
        var device = Use(kind);
        Assert.Equal([0.5f, 0.5f, 0f], Softmax.Forward(Tensor<float>.From(device, [1, 3], [3e38f, 3e38f, -3e38f])).ToArray());
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void A_NaN_spoils_its_own_row_only(DeviceKind kind)
    {
        var device = Use(kind);
        var y = Softmax.Forward(Tensor<float>.From(device, [3, 2], [0f, float.NaN, 1f, 1f, float.NaN, 0f])).ToArray();
        Assert.Equal([float.NaN, float.NaN, 0.5f, 0.5f, float.NaN, float.NaN], y);
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Softmax_agrees_with_PyTorch(DeviceKind kind)
    {
        using var file = ReferenceCase.Open("cross_entropy");
        var x = file.Read("x");
        Reference.Softmax(x).WithValues(file.Read("softmax")).Check(Softmax.Forward(x.On(Use(kind))));
    }

    [Fact]
    public void No_classes_are_named()
    {
        var x = Tensor<float>.Zeros(Use(DeviceKind.Host), [2, 0]);
        Assert.Equal("Softmax: expected at least one class, got [2, 0]", Assert.Throws<ShapeException>(() => Softmax.Forward(x)).Message);
    }
}
