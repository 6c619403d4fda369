using Pqf.Tensors;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Autodiff.Tests.Ops;

/// <summary>IndexSelect, Concat.</summary>
public class SlicePullbackTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(40);

    public static MatrixTheoryData<DeviceKind, int[], int, int> Cases =>
        new(
            DeviceKinds.All,
            [
                [6, 5],
                [5, 4, 17],
                [40, 1],
            ],
            [0, 1],
            [0, 1, 9]
        );

    [Theory, MemberData(nameof(Cases))]
    public void Selected_slices_get_the_sum_of_their_gradients(DeviceKind kind, int[] shape, int axis, int count)
    {
        // Linear: J v is v's slices. Numbers repeat and are left out.
        int[] index = [.. Enumerable.Range(0, count).Select(i => Key.Fold("index").Below(shape[axis], (ulong)i))];
        var v = Numbers.Normal(Key.Fold("v"), new Shape(shape));
        var jv = Reference.IndexSelect(v, axis, index);
        var u = Numbers.Normal(Key.Fold("u"), jv.Shape);
        var device = Use(kind);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        var leaf = tape.Leaf(v.On(device));
        var dx = tape.Backward(tape.Apply(new IndexSelect.Function(axis, [.. index]), leaf), u.On(device), leaf)[0];
        Adjoint.Check(jv.Values, u, v, dx, 9);
        // Where nothing was selected, nothing comes back.
        var touched = Reference.IndexSelect(Numbers.Of(dx), axis, [.. Enumerable.Range(0, shape[axis]).Except(index)]);
        Assert.All(touched.Values, value => Assert.Equal(0, value));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Concatenated_parts_get_their_own_gradients(DeviceKind kind)
    {
        var device = Use(kind);
        Shape[] shapes =
        [
            [2, 3, 5],
            [2, 1, 5],
            [2, 4, 5],
        ];
        Numbers[] v = [.. shapes.Select((shape, i) => Numbers.Normal(Key.Fold($"v{i}"), shape))];
        var u = Numbers.Normal(Key.Fold("u"), [2, 8, 5]);
        using var scope = device.BeginScope();
        var tape = new Tape(scope);
        Variable[] leaves = [.. v.Select(numbers => tape.Leaf(numbers.On(device)))];
        var gradients = tape.Backward(tape.Apply(new Concat.Function(1), leaves), u.On(device), leaves);
        for (int i = 0; i < shapes.Length; i++)
        {
            Numbers[] alone =
            [
                .. v.Select((numbers, j) => i == j ? numbers : new Numbers(numbers.Shape, new float[numbers.Values.Length])),
            ];
            Adjoint.Check(Reference.Concat(alone, 1).Values, u, v[i], gradients[i], 1);
        }
    }

    [Fact]
    public void An_incoming_gradient_of_another_shape_is_named()
    {
        var device = Use(DeviceKind.Host);
        var e = Assert.Throws<ShapeException>(() => IndexSelect.Pullback([4, 3], 0, [1, 2], Tensor<float>.Zeros(device, [3, 3])));
        Assert.Equal("IndexSelect: expected equal shapes, got [2, 3] and [3, 3]", e.Message);
    }
}
