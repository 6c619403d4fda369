using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class BoxIouTests(DeviceSet devices) : DeviceTest(devices)
{
    public static MatrixTheoryData<DeviceKind, int, int> Cases => new(DeviceKinds.All, [0, 1, 5], [0, 1, 7, 8, 9, 33, 1030]);

    [Theory, MemberData(nameof(Cases))]
    public void BoxIou_agrees_with_double(DeviceKind kind, int m, int n)
    {
        var (a, b) = (Boxes("a", m), Boxes("b", n));
        var device = Use(kind, m * n);
        Reference.BoxIou(a, b).Check(BoxIou.Forward(a.On(device), b.On(device)));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void BoxIou_agrees_with_torchvision(DeviceKind kind)
    {
        using var file = ReferenceCase.Open("box_iou");
        var (a, b) = (file.Read("a"), file.Read("b"));
        var device = Use(kind);
        Reference.BoxIou(a, b).WithValues(file.Read("iou")).Check(BoxIou.Forward(a.On(device), b.On(device)));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Boxes_without_area_overlap_none(DeviceKind kind)
    {
        var device = Use(kind);
        float[] boxes = [1, 1, 1, 1, 0, 1, 5, 1, 0, 0, 4, 4];
        float[] more = [.. boxes, .. boxes, .. boxes];
        float[] row = [0, 0, 1, 0, 0, 1, 0, 0, 1];
        Assert.Equal(
            [.. new float[18], .. row],
            BoxIou.Forward(new Numbers([3, 4], boxes).On(device), new Numbers([9, 4], more).On(device)).ToArray()
        );
    }

    [Fact]
    public void What_is_no_box_is_named()
    {
        var device = Use(DeviceKind.Host);
        var e = Assert.Throws<ShapeException>(() =>
            BoxIou.Forward(Tensor<float>.Zeros(device, [2, 4]), Tensor<float>.Zeros(device, [2, 5]))
        );
        Assert.Equal("BoxIou: expected boxes [n, 4], got [2, 5]", e.Message);
    }

    static Numbers Boxes(string name, int count)
    {
        var key = RngKey.FromSeed(38).Fold(name);
        return new(
            [count, 4],
            [
                .. Enumerable
                    .Range(0, count)
                    .SelectMany(i =>
                    {
                        float[] u = [.. Enumerable.Range(0, 4).Select(j => (float)key.Uniform((ulong)((4 * i) + j)))];
                        return (float[])[50 * u[0], 50 * u[1], (50 * u[0]) + (60 * u[2]), (50 * u[1]) + (60 * u[3])];
                    }),
            ]
        );
    }
}
