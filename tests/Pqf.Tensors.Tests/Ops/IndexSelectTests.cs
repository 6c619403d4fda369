using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class IndexSelectTests(DeviceSet devices) : DeviceTest(devices)
{
    public static MatrixTheoryData<DeviceKind, int[], int> Cases =>
        new(
            DeviceKinds.All,
            [
                [6, 5],
                [5, 9, 17],
                [8, 16, 3, 3],
                [7, 33],
            ],
            [0, 1]
        );

    [Theory, MemberData(nameof(Cases))]
    public void IndexSelect_of_a_permutation_is_exact(DeviceKind kind, int[] shape, int axis)
    {
        var device = Use(kind, new Shape(shape).Count);
        var key = RngKey.FromSeed(11);
        var x = Numbers.Normal(key, new Shape(shape));
        int[] order = key.Permutation(shape[axis]);
        Reference.IndexSelect(x, axis, order).Check(IndexSelect.Forward(x.On(device), axis, order));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Indices_may_repeat_and_leave_out(DeviceKind kind)
    {
        var device = Use(kind);
        var x = Numbers.Normal(RngKey.FromSeed(11), [2, 3, 4]);
        Reference.IndexSelect(x, 2, [3, 3, 0]).Check(IndexSelect.Forward(x.On(device), 2, [3, 3, 0]));
        Reference.IndexSelect(x, 1, []).Check(IndexSelect.Forward(x.On(device), 1, []));
    }

    [Fact]
    public void An_axis_or_index_outside_is_named()
    {
        var x = Tensor<float>.Zeros(Use(DeviceKind.Host), [2, 3]);
        Assert.Equal(
            "IndexSelect: expected an axis of [2, 3], got 2",
            Assert.Throws<ShapeException>(() => IndexSelect.Forward(x, 2, [0])).Message
        );
        Assert.Equal(
            "IndexSelect: expected indices from 0 to 2, got 3",
            Assert.Throws<ShapeException>(() => IndexSelect.Forward(x, 1, [0, 3])).Message
        );
        Assert.Equal(
            "IndexSelect: expected indices from 0 to 1, got -1",
            Assert.Throws<ShapeException>(() => IndexSelect.Forward(x, 0, [-1])).Message
        );
    }
}
