using Pqf.Autodiff;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Ops;

public class NmsTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly RngKey Key = RngKey.FromSeed(37);

    public static MatrixTheoryData<DeviceKind, int, int> Cases => new(DeviceKinds.All, [0, 1, 2, 7, 8, 9, 31, 32, 33, 65, 300], [1, 4]);

    [Theory, MemberData(nameof(Cases))]
    public void Nms_agrees_with_the_definition(DeviceKind kind, int count, int groupCount)
    {
        var boxes = Boxes(count);
        float[] scores = [.. Enumerable.Range(0, count).Select(i => (float)Key.Fold("scores").Below(count, (ulong)i))]; // ties
        int[] groups = [.. Enumerable.Range(0, count).Select(i => 3 * Key.Fold("groups").Below(groupCount, (ulong)i))];
        var device = Use(kind);
        foreach (double threshold in (double[])[0, 0.3, 0.7, 1])
        foreach (int limit in (int[])[int.MaxValue, 5, 0])
            Assert.Equal(
                Expected(boxes, scores, groups, threshold).Take(limit),
                Nms.Forward(
                    boxes.On(device),
                    new Numbers([count], scores).On(device),
                    groups,
                    new() { IouThreshold = threshold, Limit = limit }
                )
            );
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Nms_agrees_with_torchvision(DeviceKind kind)
    {
        using var file = ReferenceCase.Open("nms");
        var device = Use(kind);
        var (boxes, scores) = (file.Read("boxes").On(device), file.Read("scores").On(device));
        var options = new NmsOptions { IouThreshold = file.Parameters.GetProperty("iou_threshold").GetDouble() };
        int[] Integers(string name) => [.. file.Read(name).Values.Select(value => (int)value)];
        Assert.Equal(Integers("keep"), Nms.Forward(boxes, scores, [], options));
        Assert.Equal(Integers("keep_per_class"), Nms.Forward(boxes, scores, Integers("class"), options));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Scores_rank_by_value_and_then_by_number_with_NaN_last(DeviceKind kind)
    {
        var device = Use(kind);
        float[] scores = [float.NaN, -1f, 0f, -0f, float.PositiveInfinity, 2f, float.NegativeInfinity, -0.5f, 2f];
        var boxes = new Numbers([9, 4], [.. Enumerable.Range(0, 9).SelectMany(i => (float[])[10 * i, 0, (10 * i) + 5, 5])]);
        Assert.Equal(
            [4, 5, 8, 2, 3, 7, 1, 6, 0],
            Nms.Forward(boxes.On(device), new Numbers([9], scores).On(device), [], new() { IouThreshold = 0.5 })
        );
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void An_overlap_that_equals_the_threshold_is_kept(DeviceKind kind)
    {
        var device = Use(kind);
        var boxes = new Numbers([2, 4], [0, 0, 2, 1, 1, 0, 3, 1]).On(device); // a third
        var scores = new Numbers([2], [2f, 1f]).On(device);
        Assert.Equal([0, 1], Nms.Forward(boxes, scores, [], new() { IouThreshold = 1f / 3 }));
        Assert.Equal([0], Nms.Forward(boxes, scores, [], new() { IouThreshold = 1.0 / 3 })); // in single a third is more than in double
        Assert.Equal([0], Nms.Forward(boxes, scores, [], new() { IouThreshold = 0.33 }));
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Boxes_without_area_overlap_none(DeviceKind kind)
    {
        var device = Use(kind);
        var boxes = new Numbers([4, 4], [1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 5, 1, 0, 0, 4, 4]).On(device);
        Assert.Equal([0, 1, 2, 3], Nms.Forward(boxes, new Numbers([4], [4f, 3f, 2f, 1f]).On(device), [], new() { IouThreshold = 0 }));
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        var device = Use(DeviceKind.Host);
        Tensor<float> Zeros(Shape shape) => Tensor<float>.Zeros(device, shape);
        var half = new NmsOptions { IouThreshold = 0.5 };
        Assert.Equal(
            "Nms: expected boxes [n, 4], got [3, 5]",
            Assert.Throws<ShapeException>(() => Nms.Forward(Zeros([3, 5]), Zeros([3]), [], half)).Message
        );
        Assert.Equal(
            "Nms: expected scores of [3], got [2]",
            Assert.Throws<ShapeException>(() => Nms.Forward(Zeros([3, 4]), Zeros([2]), [], half)).Message
        );
        Assert.Equal(
            "Nms: expected groups of [3], got [1]",
            Assert.Throws<ShapeException>(() => Nms.Forward(Zeros([3, 4]), Zeros([3]), [1], half)).Message
        );
        Assert.Equal(
            "Nms: expected a threshold from 0 to 1, got 1.5",
            Assert.Throws<ArgumentException>(() => Nms.Forward(Zeros([3, 4]), Zeros([3]), [], new() { IouThreshold = 1.5 })).Message
        );
    }

    static Numbers Boxes(int count) =>
        new(
            [count, 4],
            [
                .. Enumerable
                    .Range(0, count)
                    .SelectMany(i =>
                    {
                        float[] u = [.. Enumerable.Range(0, 4).Select(j => (float)Key.Fold("boxes").Uniform((ulong)((4 * i) + j)))];
                        return (float[])[60 * u[0], 60 * u[1], (60 * u[0]) + 2 + (40 * u[2]), (60 * u[1]) + 2 + (40 * u[3])];
                    }),
            ]
        );

    /// <summary>Each box in turn, unless a kept one of its group overlaps it.</summary>
    static List<int> Expected(Numbers boxes, float[] scores, int[] groups, double threshold)
    {
        var kept = new List<int>();
        foreach (int i in Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]))
            if (!kept.Any(j => groups[i] == groups[j] && Reference.Iou(boxes, j, boxes, i) > threshold))
                kept.Add(i);
        return kept;
    }
}
