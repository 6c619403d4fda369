using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Properties;

/// <summary>Laws of the ops that only detectors need.</summary>
public class DetectionProperties
{
    sealed record Detections(int Count, int GroupCount, double Threshold, long Seed)
    {
        RngKey Key => RngKey.FromSeed(Seed);

        public float[] Boxes =>
            [
                .. Enumerable
                    .Range(0, Count)
                    .SelectMany(i =>
                    {
                        float[] u = [.. Enumerable.Range(0, 4).Select(j => (float)Key.Fold("boxes").Uniform((ulong)((4 * i) + j)))];
                        return (float[])[30 * u[0], 30 * u[1], (30 * u[0]) + (30 * u[2]), (30 * u[1]) + (30 * u[3])];
                    }),
            ];

        public float[] Scores => [.. Enumerable.Range(0, Count).Select(i => (float)Key.Fold("scores").Below(40, (ulong)i))];

        public int[] Groups => [.. Enumerable.Range(0, Count).Select(i => Key.Fold("groups").Below(GroupCount, (ulong)i))];
    }

    static Arbitrary<Detections> Some() =>
        (
            from count in Gen.Choose(0, 120)
            from groups in Gen.Choose(1, 4)
            from threshold in Gen.Choose(0, 100)
            from seed in Gen.Choose(0, int.MaxValue)
            select new Detections(count, groups, threshold / 100.0, seed)
        ).ToArbitrary();

    [Property(MaxTest = 100)]
    public Property Nms_keeps_no_pair_above_its_threshold_and_drops_none_without_cause() =>
        Prop.ForAll(
            Some(),
            d =>
                With(device =>
                {
                    var boxes = Tensor<float>.From(device, [d.Count, 4], d.Boxes);
                    var (scores, groups) = (d.Scores, d.Groups);
                    int[] kept =
                    [
                        .. Nms.Forward(boxes, Tensor<float>.From(device, [d.Count], scores), groups, new() { IouThreshold = d.Threshold }),
                    ];
                    float[] overlaps = BoxIou.Forward(boxes, boxes).ToArray();
                    bool Overlap(int i, int j) => groups[i] == groups[j] && overlaps[(i * d.Count) + j] > d.Threshold;
                    Assert.DoesNotContain(
                        kept.SelectMany(i => kept.Where(j => i != j).Select(j => (i, j))),
                        pair => Overlap(pair.i, pair.j)
                    );
                    Assert.All(
                        Enumerable.Range(0, d.Count).Except(kept),
                        i => Assert.Contains(kept, j => Overlap(i, j) && (scores[j] > scores[i] || (scores[j] == scores[i] && j < i)))
                    );
                    Assert.Equal(kept.OrderByDescending(i => scores[i]).ThenBy(i => i), kept);
                })
        );

    [Property(MaxTest = 100)]
    public Property Nms_of_what_it_keeps_keeps_all() =>
        Prop.ForAll(
            Some(),
            d =>
                With(device =>
                {
                    var options = new NmsOptions { IouThreshold = d.Threshold };
                    var (boxes, scores) = (
                        Tensor<float>.From(device, [d.Count, 4], d.Boxes),
                        Tensor<float>.From(device, [d.Count], d.Scores)
                    );
                    int[] groups = d.Groups,
                        kept = [.. Nms.Forward(boxes, scores, groups, options)];
                    var again = Nms.Forward(
                        IndexSelect.Forward(boxes, 0, kept),
                        IndexSelect.Forward(scores, 0, kept),
                        [.. kept.Select(i => groups[i])],
                        options
                    );
                    Assert.Equal(Enumerable.Range(0, kept.Length), again);
                })
        );

    /// <summary>Boxes in an image that a map of H rows and W columns shows at a scale.</summary>
    sealed record Reading(int H, int W, int Channels, int BoxCount, float Scale, RoiAlignOptions Options, long Seed)
    {
        RngKey Key => RngKey.FromSeed(Seed);

        public Numbers Map(string name) => Numbers.Normal(Key.Fold(name), [1, H, W, Channels]);

        /// <summary>Corners between the centres of the first and last pixels, at least a pixel of the map apart, so that no box is enlarged
        /// beyond them.</summary>
        public float[] Boxes =>
            [
                .. Enumerable
                    .Range(0, BoxCount)
                    .SelectMany(i =>
                    {
                        float[] u = [.. Enumerable.Range(0, 4).Select(j => (float)Key.Fold("boxes").Uniform((ulong)((4 * i) + j)))];
                        float x = (0.5f + (u[0] * (W - 2.5f))) / Scale,
                            y = (0.5f + (u[1] * (H - 2.5f))) / Scale;
                        return (float[])
                            [
                                0,
                                x,
                                y,
                                x + ((1 + (u[2] * (W - 1.5f - (x * Scale)))) / Scale),
                                y + ((1 + (u[3] * (H - 1.5f - (y * Scale)))) / Scale),
                            ];
                    }),
            ];
    }

    static Arbitrary<Reading> Readings() =>
        (
            from h in Gen.Choose(3, 30)
            from w in Gen.Choose(3, 30)
            from channels in Gen.Choose(1, 40)
            from count in Gen.Choose(0, 8)
            from scale in Gen.Elements(1f, 0.25f, 0.0625f)
            from cells in Gen.Choose(1, 7)
            from ratio in Gen.Choose(-1, 3)
            from aligned in Gen.Elements(false, true)
            from seed in Gen.Choose(0, int.MaxValue)
            select new Reading(
                h,
                w,
                channels,
                count,
                scale,
                new()
                {
                    OutputSize = new Pair(cells, 8 - cells),
                    SamplingRatio = ratio,
                    Aligned = aligned,
                },
                seed
            )
        ).ToArbitrary();

    [Property(MaxTest = 60)]
    public Property RoiAlign_of_a_constant_map_is_constant_for_boxes_inside() =>
        Prop.ForAll(
            Readings(),
            r =>
                With(device =>
                {
                    var map = Tensor<float>.From(device, [1, r.H, r.W, r.Channels], [.. Enumerable.Repeat(2.5f, r.H * r.W * r.Channels)]);
                    var rois = Rois.Create(Tensor<float>.From(device, [r.BoxCount, 5], r.Boxes), r.Scale);
                    Assert.All(RoiAlign.Forward([map], rois, r.Options).ToArray(), value => Assert.Equal(2.5, value, 1e-5));
                })
        );

    [Property(MaxTest = 60)]
    public Property RoiAlign_is_linear_in_the_map() =>
        Prop.ForAll(
            Readings(),
            r =>
                With(device =>
                {
                    var (a, b) = (r.Map("a").On(device), r.Map("b").On(device));
                    var rois = Rois.Create(Tensor<float>.From(device, [r.BoxCount, 5], r.Boxes), r.Scale);
                    Tensor<float> Read(Tensor<float> map) => RoiAlign.Forward([map], rois, r.Options);
                    float[] whole = Read(Add.Forward(Scale.Forward(a, -3), b)).ToArray(),
                        parts = Add.Forward(Scale.Forward(Read(a), -3), Read(b)).ToArray();
                    Assert.All(whole.Zip(parts), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
                })
        );

    static void With(Action<HostDevice> check)
    {
        using var device = new HostDevice(2);
        using var scope = device.BeginScope();
        check(device);
    }
}
