using Pqf.Autodiff;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class InterpolateTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(35);

    static readonly (Shape X, Pair Size)[] Sizes =
    [
        ([0, 3, 4, 2], 6),
        ([1, 1, 1, 1], 1),
        ([1, 1, 1, 3], new Pair(4, 5)),
        ([2, 3, 4, 5], new Pair(6, 8)), // twice
        ([1, 4, 5, 17], new Pair(4, 5)), // itself
        ([1, 5, 6, 16], new Pair(11, 12)),
        ([2, 7, 9, 3], new Pair(3, 4)),
        ([1, 9, 9, 8], new Pair(3, 27)),
        ([1, 13, 2, 4], new Pair(1, 1)),
        ([1, 3, 5, 0], new Pair(2, 2)),
    ];

    public static MatrixTheoryData<DeviceKind, int, InterpolationMode> Cases =>
        new(DeviceKinds.All, [.. Enumerable.Range(0, Sizes.Length)], [InterpolationMode.Nearest, InterpolationMode.Bilinear]);

    [Theory, MemberData(nameof(Cases))]
    public void Interpolate_agrees_with_double_loops(DeviceKind kind, int number, InterpolationMode mode)
    {
        var (shape, size) = Sizes[number];
        var x = Numbers.Normal(Key.Fold("x"), shape);
        var expected = Reference.Interpolate(x, size, mode);
        var device = Use(kind, expected.Shape.Count);
        expected.Check(Interpolate.Forward(x.On(device), size, mode));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Nearest_pixels_are_PyTorchs_at_every_size(DeviceKind kind)
    {
        // Positions are products in single: 29 / 49 · 49 is not 29 there. A row of pixel numbers to each of many sizes.
        var device = Use(kind, 60 * 120);
        for (int from = 1; from < 60; from += 7)
        for (int to = 1; to < 120; to += 3)
        {
            float[] numbers = [.. Enumerable.Range(0, from).Select(i => (float)i)];
            float[] expected = [.. Enumerable.Range(0, to).Select(i => (float)Math.Min((int)(i * ((float)from / to)), from - 1))];
            Assert.Equal(
                expected,
                Interpolate
                    .Forward(Tensor<float>.From(device, [1, 1, from, 1], numbers), new Pair(1, to), InterpolationMode.Nearest)
                    .ToArray()
            );
        }
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Pixels_without_weight_are_not_read(DeviceKind kind)
    {
        var device = Use(kind);
        var x = new Numbers([1, 1, 3, 1], [1f, float.PositiveInfinity, 2f]).On(device);
        Assert.Equal(
            [1f, 1f, float.PositiveInfinity, float.PositiveInfinity, 2f, 2f],
            Interpolate.Forward(x, new Pair(1, 6), InterpolationMode.Nearest).ToArray()
        );
        Assert.Equal([1f, float.PositiveInfinity, 2f], Interpolate.Forward(x, new Pair(1, 3), InterpolationMode.Bilinear).ToArray());
    }

    public static MatrixTheoryData<DeviceKind, InterpolationMode> Modes =>
        new(DeviceKinds.All, [InterpolationMode.Nearest, InterpolationMode.Bilinear]);

    [Theory, MemberData(nameof(Modes))]
    public void Interpolate_agrees_with_PyTorch(DeviceKind kind, InterpolationMode mode)
    {
        using var file = ReferenceCase.Open(mode == InterpolationMode.Nearest ? "interpolate_nearest" : "interpolate_bilinear");
        var (x, size) = (file.Read("x").ToChannelsLast(), file.Parameters.GetProperty("size"));
        var pair = new Pair(size[0].GetInt32(), size[1].GetInt32());
        var device = Use(kind);
        Reference
            .Interpolate(x, pair, mode)
            .WithValues(file.Read("out").ToChannelsLast())
            .Check(Interpolate.Forward(x.On(device), pair, mode));
    }

    [Fact]
    public void Images_without_pixels_are_named()
    {
        var device = Use(DeviceKind.Host);
        string Message(Shape x, Pair size) =>
            Assert
                .Throws<ShapeException>(() => Interpolate.Forward(Tensor<float>.Zeros(device, x), size, InterpolationMode.Nearest))
                .Message;
        Assert.Equal("Interpolate: expected x [N, H, W, C] of 4 axes, got [3, 4]", Message([3, 4], 2));
        Assert.Equal(
            "Interpolate: expected one pixel or more in and out, and images and channels as they are, got [1, 0, 4, 3] and [1, 2, 2, 3]",
            Message([1, 0, 4, 3], 2)
        );
        Assert.Equal(
            "Interpolate: expected one pixel or more in and out, and images and channels as they are, got [1, 4, 4, 3] and [1, 2, 0, 3]",
            Message([1, 4, 4, 3], new Pair(2, 0))
        );
    }
}
