using Pqf.Tensors.Ops.Movement;
using Pqf.Tensors.Ops.Pooling;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class AvgPool2dTests(DeviceSet devices) : DeviceTest(devices)
{
    public static MatrixTheoryData<DeviceKind, PoolCase> Cases => new(DeviceKinds.All, PoolCase.All);

    [Theory, MemberData(nameof(Cases))]
    public void AvgPool2d_agrees_with_double_loops(DeviceKind kind, PoolCase c)
    {
        var x = Numbers.Normal(RngKey.FromSeed(8), c.X);
        var expected = Reference.AvgPool2d(x, c.Kernel, c.Stride, c.Padding);
        var device = Use(kind, expected.Shape.Count);
        expected.Check(AvgPool2d.Forward(x.On(device), c.Kernel, c.Stride, c.Padding));
    }

    public static MatrixTheoryData<DeviceKind, int[]> GlobalShapes =>
        new(
            DeviceKinds.All,
            [
                [0, 3, 3, 4],
                [1, 1, 1, 1],
                [2, 13, 10, 5],
                [3, 7, 7, 17],
                [2, 3, 5, 107], // vectors of both widths, pairs of them, and a rest
                [1, 8, 8, 512],
            ]
        );

    [Theory, MemberData(nameof(GlobalShapes))]
    public void Global_is_the_mean_of_all_pixels(DeviceKind kind, int[] shape)
    {
        var device = Use(kind, shape[0] * shape[3]);
        var x = Numbers.Normal(RngKey.FromSeed(8), new Shape(shape));
        Reference.AvgPool2d(x, new Pair(shape[1], shape[2]), 1, 0).Check(AvgPool2d.Global(x.On(device)));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Global_agrees_with_PyTorch(DeviceKind kind)
    {
        using var file = ReferenceCase.Open("adaptive_avg_pool2d");
        var x = file.Read("x");
        var expected = Reference
            .AvgPool2d(x.ToChannelsLast(), new Pair(x.Shape[2], x.Shape[3]), 1, 0)
            .WithValues(file.Read("out").ToChannelsLast());
        expected.Check(AvgPool2d.Global(ChannelOrder.ToChannelsLast(x.On(Use(kind)))));
    }

    [Fact]
    public void Global_of_another_rank_is_named()
    {
        var x = Tensor<float>.Zeros(Use(DeviceKind.Host), [2, 3]);
        Assert.Equal(
            "AvgPool2d: expected x [N, H, W, C] of 4 axes, got [2, 3]",
            Assert.Throws<ShapeException>(() => AvgPool2d.Global(x)).Message
        );
    }
}
