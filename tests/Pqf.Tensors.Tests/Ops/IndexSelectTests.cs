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

    /// <summary>Axes first, in the middle and last; slices of one value, and of more than one part of them.</summary>
    public static MatrixTheoryData<int[], int> PlaceCases =>
        new(
            [
                [5, 9, 17],
                [1, 6, 2500],
                [33, 1, 1],
                [3, 4, 1024],
            ],
            [0, 1, 2]
        );

    [Theory, MemberData(nameof(PlaceCases))]
    public void A_permutation_in_place_gives_what_a_copy_gives(int[] shape, int axis)
    {
        var device = Use(DeviceKind.Host);
        var key = RngKey.FromSeed(12);
        var x = Numbers.Normal(key, new Shape(shape));
        foreach (
            int[] order in (int[][])
                [key.Permutation(shape[axis]), [.. Enumerable.Range(0, shape[axis])], [.. Enumerable.Range(0, shape[axis]).Reverse()]]
        )
        {
            var inPlace = x.On(device);
            IndexSelect.InPlace(inPlace, axis, order);
            Assert.Equal(IndexSelect.Forward(x.On(device), axis, order).ToArray(), inPlace.ToArray());
        }
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(2, 0, 0)]
    [InlineData(0, 1)]
    public void An_order_in_place_has_every_slice_once(params int[] order)
    {
        var x = Tensor<float>.Zeros(Use(DeviceKind.Host), [2, 3]);
        Assert.Equal(
            "IndexSelect: expected each of 3 slices once",
            Assert.Throws<ShapeException>(() => IndexSelect.InPlace(x, 1, order)).Message
        );
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
