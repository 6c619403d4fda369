using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class AddTests(DeviceSet devices) : DeviceTest(devices)
{
    public static MatrixTheoryData<DeviceKind, int> Lengths => new(DeviceKinds.All, [0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 1025]);

    [Theory, MemberData(nameof(Lengths))]
    public void Add_is_the_sum_rounded_once(DeviceKind kind, int length)
    {
        var device = Use(kind, length);
        var a = Numbers.Normal(RngKey.FromSeed(1).Fold("a"), [length]);
        var b = Numbers.Normal(RngKey.FromSeed(1).Fold("b"), [length]);
        Reference.Add(a, b).Check(Add.Forward(a.On(device), b.On(device)));
    }

    [Fact]
    public void Add_of_different_shapes_says_both()
    {
        var device = Use(DeviceKind.Host);
        var e = Assert.Throws<ShapeException>(() => Add.Forward(Tensor<float>.Zeros(device, [2, 3]), Tensor<float>.Zeros(device, [3, 2])));
        Assert.Equal("Add: expected equal shapes, got [2, 3] and [3, 2]", e.Message);
    }
}
