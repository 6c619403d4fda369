using Pqf.Autodiff;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class RoiAlignTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(33);

    /// <summary>Boxes on a map [N, H, W, C] with a number of image pixels to each of its own.</summary>
    public sealed record Case(Shape Map, int BoxCount, float Scale, RoiAlignOptions Options)
    {
        public override string ToString() =>
            $"{BoxCount} boxes on {Map} / {1 / Scale}, cells {Options.OutputSize}, samples "
            + $"{Options.SamplingRatio}{(Options.Aligned ? ", aligned" : "")}";
    }

    static readonly Case[] Shapes =
    [
        new([1, 1, 1, 1], 3, 1f, new() { OutputSize = 1 }),
        new([1, 6, 5, 3], 0, 0.5f, new()),
        new([2, 9, 11, 0], 2, 0.5f, new()),
        new([2, 9, 11, 5], 7, 0.5f, new() { OutputSize = new Pair(3, 2) }),
        new([2, 9, 11, 5], 7, 0.25f, new() { OutputSize = 2, SamplingRatio = -1 }),
        new(
            [2, 9, 11, 5],
            7,
            0.5f,
            new()
            {
                OutputSize = 2,
                SamplingRatio = 0,
                Aligned = true,
            }
        ),
        new([3, 13, 7, 16], 5, 0.125f, new() { OutputSize = 3, Aligned = true }),
        new([1, 12, 10, 33], 4, 0.5f, new() { OutputSize = 2, SamplingRatio = 3 }),
        new([1, 20, 21, 67], 2, 0.25f, new() { OutputSize = new Pair(2, 3), SamplingRatio = 1 }),
        new([1, 16, 18, 256], 2, 0.5f, new() { OutputSize = 2 }),
        new([1, 40, 31, 8], 6, 1f, new() { OutputSize = 3, SamplingRatio = -1 }),
    ];

    public static MatrixTheoryData<DeviceKind, Case> Cases => new(DeviceKinds.All, Shapes);

    [Theory, MemberData(nameof(Cases))]
    public void RoiAlign_agrees_with_double_loops(DeviceKind kind, Case c)
    {
        var (x, boxes) = (Numbers.Normal(Key.Fold("x"), c.Map), Boxes(c));
        var expected = Reference.RoiAlign([x], boxes, new int[c.BoxCount], [c.Scale], c.Options);
        var device = Use(kind, expected.Shape.Count);
        expected.Check(RoiAlign.Forward([x.On(device)], Rois.Create(boxes.On(device), c.Scale), c.Options));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Each_box_is_read_from_its_own_map(DeviceKind kind)
    {
        Numbers[] maps = [.. new[] { 16, 8, 4 }.Select(size => Numbers.Normal(Key.Fold($"map {size}"), [2, size, size, 9]))];
        float[] scales = [0.5f, 0.25f, 0.125f];
        int[] levels = [2, 0, 0, 2, 0]; // and none from the second
        var boxes = Boxes(new([2, 16, 16, 9], levels.Length, 0.5f, new()));
        var options = new RoiAlignOptions { OutputSize = 3 };
        var device = Use(kind);
        Reference
            .RoiAlign(maps, boxes, levels, scales, options)
            .Check(RoiAlign.Forward([.. maps.Select(map => map.On(device))], Rois.Create(boxes.On(device), levels, scales), options));
    }

    public static MatrixTheoryData<DeviceKind, int> ReferenceCases => new(DeviceKinds.All, [0, 1, 2]);

    [Theory, MemberData(nameof(ReferenceCases))]
    public void RoiAlign_agrees_with_torchvision(DeviceKind kind, int number)
    {
        using var file = ReferenceCase.Open($"roi_align_{number}");
        var (options, scale) = Parameters(file);
        var (x, boxes) = (file.Read("x").ToChannelsLast(), file.Read("boxes"));
        var expected = Reference
            .RoiAlign([x], boxes, new int[boxes.Shape[0]], [scale], options)
            .WithValues(file.Read("out").ToChannelsLast());
        var device = Use(kind, expected.Shape.Count);
        expected.Check(RoiAlign.Forward([x.On(device)], Rois.Create(boxes.On(device), scale), options));
    }

    /// <summary>Cells and samples, and the map's scale, of a case.</summary>
    internal static (RoiAlignOptions Options, float Scale) Parameters(ReferenceCase file)
    {
        var size = file.Parameters.GetProperty("output_size");
        return (
            new()
            {
                OutputSize = new Pair(size[0].GetInt32(), size[1].GetInt32()),
                SamplingRatio = file.Integer("sampling_ratio"),
                Aligned = file.Parameters.GetProperty("aligned").GetBoolean(),
            },
            file.Parameters.GetProperty("spatial_scale").GetSingle()
        );
    }

    public static MatrixTheoryData<DeviceKind, int, bool> Samplings => new(DeviceKinds.All, [2, -1], [false, true]);

    [Theory, MemberData(nameof(Samplings))]
    public void Boxes_without_area_or_outside_the_map_are_defined(DeviceKind kind, int samplingRatio, bool aligned)
    {
        var x = Numbers.Normal(Key.Fold("x"), [1, 6, 7, 17]);
        var boxes = new Numbers(
            [8, 5],
            [
                0,
                3.25f,
                2.5f,
                3.25f,
                2.5f, // a point
                0,
                1.25f,
                4.5f,
                5.5f,
                4.5f, // a line
                0,
                5.25f,
                4.5f,
                1.5f,
                1.25f, // ends before it starts
                0,
                -9,
                -8,
                -4,
                -3, // before the map
                0,
                20,
                3,
                25,
                5, // beside it
                0,
                -3.5f,
                -2.25f,
                12.5f,
                9.75f, // around it
                0,
                6.5f,
                5.5f,
                7.5f,
                6.5f, // at its last corner
                0,
                -1e9f,
                -1e9f,
                1e9f,
                1e9f, // samples far apart
            ]
        );
        var options = new RoiAlignOptions
        {
            OutputSize = 2,
            SamplingRatio = samplingRatio,
            Aligned = aligned,
        };
        int[] finite = samplingRatio > 0 ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 1, 2, 3, 4, 5, 6]; // the reference would take 10¹⁸ samples
        var device = Use(kind);
        float[] y = RoiAlign.Forward([x.On(device)], Rois.Create(boxes.On(device), 1f), options).ToArray();
        Assert.All(y, value => Assert.True(float.IsFinite(value)));
        Shape shape = [finite.Length, 2, 2, 17];
        Reference
            .RoiAlign([x], new([finite.Length, 5], boxes.Values[..(finite.Length * 5)]), new int[finite.Length], [1f], options)
            .Check(Tensor<float>.From(device, shape, y.AsSpan(0, shape.Count)));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Boxes_that_are_not_finite_or_endless_give_zeros(DeviceKind kind)
    {
        var device = Use(kind);
        var x = Tensor<float>.From(device, [1, 3, 3, 1], [.. Enumerable.Repeat(2f, 9)]);
        var boxes = Tensor<float>.From(
            device,
            [4, 5],
            [0, 1, 1, 2, float.NaN, 0, 0.5f, 0.5f, 1.5f, 1.5f, 0, float.NegativeInfinity, 0, 1, 1, 0, -3e38f, 0, 3e38f, 1]
        );
        var rois = Rois.Create(boxes, 1f);
        Assert.Equal([0f, 2f, 0f, 0f], RoiAlign.Forward([x], rois, new() { OutputSize = 1 }).ToArray());
        float[] dx = RoiAlign
            .Pullback(x.Shape, rois, 0, new() { OutputSize = 1 }, Tensor<float>.From(device, [4, 1, 1, 1], [1, 1, 1, 1]))
            .ToArray();
        Assert.Equal(1f, dx.Sum(), 1e-6);
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        var device = Use(DeviceKind.Host);
        Tensor<float> Zeros(Shape shape) => Tensor<float>.Zeros(device, shape);
        string Message(Action action) => Assert.Throws<ShapeException>(action).Message;
        Assert.Equal("RoiAlign: expected boxes [R, 5] and R levels, got [3, 4] and 3", Message(() => Rois.Create(Zeros([3, 4]), 1f)));
        Assert.Equal(
            "RoiAlign: expected boxes [R, 5] and R levels, got [3, 5] and 2",
            Message(() => Rois.Create(Zeros([3, 5]), [0, 0], [1f]))
        );
        Assert.Equal("RoiAlign: expected levels from 0 to 0, got 1", Message(() => Rois.Create(Zeros([1, 5]), [1], [1f])));
        Assert.Equal(
            "RoiAlign: expected an image's number in box 1, got 0.5",
            Message(() => Rois.Create(Tensor<float>.From(device, [2, 5], [0, 0, 0, 1, 1, 0.5f, 0, 0, 1, 1]), 1f))
        );
        var rois = Rois.Create(Tensor<float>.From(device, [1, 5], [1, 0, 0, 1, 1]), 1f);
        Assert.Equal(
            "RoiAlign: expected a map of at least 2 images of one pixel or more, got [1, 4, 4, 3]",
            Message(() => RoiAlign.Forward([Zeros([1, 4, 4, 3])], rois, new()))
        );
        Assert.Equal(
            "RoiAlign: expected 1 maps, got 2",
            Message(() => RoiAlign.Forward([Zeros([2, 4, 4, 3]), Zeros([2, 2, 2, 3])], rois, new()))
        );
        Assert.Equal(
            "RoiAlign: expected one cell or more, got 0×7",
            Message(() => RoiAlign.Forward([Zeros([2, 4, 4, 3])], rois, new() { OutputSize = new Pair(0, 7) }))
        );
    }

    /// <summary>Boxes partly outside their images, from a pixel of the map to all of it.</summary>
    internal static Numbers Boxes(Case c)
    {
        var (key, height, width) = (Key.Fold("boxes"), c.Map[1] / c.Scale, c.Map[2] / c.Scale);
        return new(
            [c.BoxCount, 5],
            [
                .. Enumerable
                    .Range(0, c.BoxCount)
                    .SelectMany(i =>
                    {
                        float[] u = [.. Enumerable.Range(0, 4).Select(j => (float)key.Uniform((ulong)((4 * i) + j)))];
                        float x = (1.2f * u[0] * width) - (0.2f * width),
                            y = (1.2f * u[1] * height) - (0.2f * height);
                        return (float[])[i % c.Map[0], x, y, x + (u[2] * width), y + (u[3] * height)];
                    }),
            ]
        );
    }
}
