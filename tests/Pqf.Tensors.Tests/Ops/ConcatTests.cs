using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class ConcatTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(39);

    static readonly (int Axis, Shape[] Parts)[] Joins =
    [
        (
            0,
            [
                [3],
            ]
        ),
        (
            0,
            [
                [2, 3],
                [0, 3],
                [5, 3],
            ]
        ),
        (
            1,
            [
                [2, 3],
                [2, 1],
                [2, 17],
            ]
        ),
        (
            1,
            [
                [2, 30, 4],
                [2, 8, 4],
                [2, 2, 4],
                [2, 1, 4],
            ]
        ),
        (
            2,
            [
                [1, 2, 9, 3],
                [1, 2, 8, 3],
            ]
        ),
        (
            1,
            [
                [0, 3],
                [0, 2],
            ]
        ),
        (
            1,
            [
                [1, 20_000],
                [1, 40_000],
            ]
        ), // several pieces of the host's
        (
            0,
            [
                [1, 0],
                [2, 0],
            ]
        ),
    ];

    public static MatrixTheoryData<DeviceKind, int> Cases => new(DeviceKinds.All, [.. Enumerable.Range(0, Joins.Length)]);

    [Theory, MemberData(nameof(Cases))]
    public void Parts_lie_one_after_another_and_come_apart_again(DeviceKind kind, int number)
    {
        var (axis, shapes) = Joins[number];
        Numbers[] parts = [.. shapes.Select((shape, i) => Numbers.Normal(Key.Fold($"{i}"), shape))];
        var device = Use(kind, shapes.Max(shape => shape.Count));
        var y = Concat.Forward([.. parts.Select(part => part.On(device))], axis);
        Reference.Concat(parts, axis).Check(y);
        var again = Concat.Split(y, axis, [.. shapes.Select(shape => shape[axis])]);
        Assert.Equal(parts.Length, again.Length);
        foreach (var (part, expected) in again.Zip(parts))
            Expected.Exactly(expected).Check(part);
    }

    [Fact]
    public void Parts_that_do_not_fit_are_named()
    {
        var device = Use(DeviceKind.Host);
        Tensor<float> Zeros(Shape shape) => Tensor<float>.Zeros(device, shape);
        string Message(Action action) => Assert.Throws<ShapeException>(action).Message;
        Assert.Equal("Concat: expected one part or more, got none", Message(() => Concat.Forward([], 0)));
        Assert.Equal("Concat: expected an axis of [2, 3], got 2", Message(() => Concat.Forward([Zeros([2, 3])], 2)));
        Assert.Equal(
            "Concat: expected parts alike but for axis 0, got [2, 3] and [2, 4]",
            Message(() => Concat.Forward([Zeros([2, 3]), Zeros([2, 4])], 0))
        );
        Assert.Equal(
            "Concat: expected parts of 2 axes, got [2, 3, 1]",
            Message(() => Concat.Forward([Zeros([2, 3]), Zeros([2, 3, 1])], 0))
        );
        Assert.Equal(
            "Split: expected lengths that add up to axis 1 of [2, 3], got 1, 1",
            Message(() => Concat.Split(Zeros([2, 3]), 1, 1, 1))
        );
        Assert.Equal(
            "Split: expected lengths that add up to axis 1 of [2, 3], got 4, -1",
            Message(() => Concat.Split(Zeros([2, 3]), 1, 4, -1))
        );
    }
}
