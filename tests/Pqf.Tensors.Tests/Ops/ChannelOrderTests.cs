using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class ChannelOrderTests(DeviceSet devices) : DeviceTest(devices)
{
    public static MatrixTheoryData<DeviceKind, int[]> Shapes =>
        new(
            DeviceKinds.All,
            [
                [0, 3, 4, 5],
                [2, 0, 3, 3],
                [1, 1, 1, 1],
                [2, 3, 5, 7],
                [1, 8, 4, 4],
                [1, 16, 4, 4],
                [2, 17, 3, 5],
                [1, 33, 7, 9],
            ]
        );

    [Theory, MemberData(nameof(Shapes))]
    public void Channels_move_last_and_back(DeviceKind kind, int[] shape)
    {
        var device = Use(kind, new Shape(shape).Count);
        var x = Numbers.Normal(RngKey.FromSeed(12), new Shape(shape));
        var last = ChannelOrder.ToChannelsLast(x.On(device));
        Expected.Exactly(x.ToChannelsLast()).Check(last);
        Expected.Exactly(x).Check(ChannelOrder.ToChannelsFirst(last));
    }

    [Fact]
    public void Another_rank_is_named()
    {
        var x = Tensor<float>.Zeros(Use(DeviceKind.Host), [2, 3]);
        Assert.Equal(
            "ToChannelsLast: expected x [N, C, H, W] of 4 axes, got [2, 3]",
            Assert.Throws<ShapeException>(() => ChannelOrder.ToChannelsLast(x)).Message
        );
        Assert.Equal(
            "ToChannelsFirst: expected x [N, H, W, C] of 4 axes, got [2, 3]",
            Assert.Throws<ShapeException>(() => ChannelOrder.ToChannelsFirst(x)).Message
        );
    }
}
