using Pqf.Autodiff;
using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Pooling;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class MaxPool2dTests(DeviceSet devices) : DeviceTest(devices)
{
    public static MatrixTheoryData<DeviceKind, PoolCase> Cases => new(DeviceKinds.All, PoolCase.All);

    [Theory, MemberData(nameof(Cases))]
    public void MaxPool2d_is_exact(DeviceKind kind, PoolCase c)
    {
        var x = Numbers.Normal(RngKey.FromSeed(7), c.X);
        var expected = Reference.MaxPool2d(x, c.Kernel, c.Stride, c.Padding);
        var device = Use(kind, expected.Shape.Count);
        expected.Check(MaxPool2d.Forward(x.On(device), c.Kernel, c.Stride, c.Padding));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void A_NaN_under_the_window_gives_NaN_wherever_it_lies(DeviceKind kind)
    {
        var device = Use(kind);
        var x = Numbers.Normal(RngKey.FromSeed(7).Fold("NaN"), [1, 9, 11, 18]);
        for (int i = 0; i < x.Values.Length; i += 13)
            x.Values[i] = float.NaN;
        var expected = Reference.MaxPool2d(x, 3, 2, 1);
        Assert.InRange(expected.Values.Count(double.IsNaN), 1, expected.Values.Length - 1);
        expected.Check(MaxPool2d.Forward(x.On(device), 3, 2, 1));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Padding_never_wins_over_negative_values(DeviceKind kind)
    {
        var device = Use(kind);
        var x = new Numbers([1, 1, 2, 1], [-5f, float.NegativeInfinity]);
        Assert.Equal([-5f, -5f], MaxPool2d.Forward(x.On(device), 3, 1, 1).ToArray());
        Assert.Equal([-5f, float.NegativeInfinity], MaxPool2d.Forward(x.On(device), 1, 1, 0).ToArray());
    }

    public static MatrixTheoryData<DeviceKind, string> ReferenceCases => new(DeviceKinds.All, ["max_pool2d", "max_pool2d_1x1s2"]);

    [Theory, MemberData(nameof(ReferenceCases))]
    public void MaxPool2d_agrees_with_PyTorch(DeviceKind kind, string name)
    {
        using var file = ReferenceCase.Open(name);
        var device = Use(kind);
        var y = MaxPool2d.Forward(
            ChannelOrder.ToChannelsLast(file.Read("x").On(device)),
            file.Integer("kernel"),
            file.Integer("stride"),
            file.Integer("padding")
        );
        Expected.Exactly(file.Read("out")).Check(ChannelOrder.ToChannelsFirst(y));
    }

    public static TheoryData<PoolCase, string> Broken =>
        new()
        {
            { new([5, 5, 3], 3, 1, 1), "MaxPool2d: expected x [N, H, W, C] of 4 axes, got [5, 5, 3]" },
            { new([1, 5, 5, 3], 0, 1, 0), "MaxPool2d: expected a kernel and stride of 1 or more, got 0 and 1" },
            { new([1, 5, 5, 3], 3, 1, 2), "MaxPool2d: expected padding from 0 to half the kernel 3, got 2" },
            { new([1, 5, 2, 3], 3, 1, 0), "MaxPool2d: expected a kernel within the padded input, got 3 with padding 0 over [1, 5, 2, 3]" },
        };

    [Theory, MemberData(nameof(Broken))]
    public void Windows_that_do_not_fit_are_named(PoolCase c, string message)
    {
        var x = Tensor<float>.Zeros(Use(DeviceKind.Host), c.X);
        Assert.Equal(message, Assert.Throws<ShapeException>(() => MaxPool2d.Forward(x, c.Kernel, c.Stride, c.Padding)).Message);
    }
}
