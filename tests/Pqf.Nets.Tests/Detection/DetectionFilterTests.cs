using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class DetectionFilterTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly Box A = new(0, 0, 10, 10),
        B = new(1, 0, 11, 10),
        C = new(20, 20, 30, 30); // A and B overlap by 9 / 11

    [Fact]
    public void Every_class_of_every_proposal_may_be_found_but_the_background()
    {
        var found = Filter(
            [A, C],
            [
                [0.5, 0.3, 0.2],
                [0.9, 0.04, 0.06],
            ]
        );
        Assert.Equal([(A, 1), (A, 2), (C, 2)], found.Select(item => (item.Box, item.Label)));
        Assert.All(found.Zip((double[])[0.3, 0.2, 0.06]), pair => Assert.Equal(pair.Second, pair.First.Score, 1e-6));
    }

    [Fact]
    public void The_lower_of_two_that_overlap_is_suppressed_within_its_class()
    {
        Assert.Equal(
            [(B, 1), (A, 2)],
            Filter(
                    [A, B],
                    [
                        [0.2, 0.4, 0.4],
                        [0.45, 0.5, 0.05],
                    ]
                )
                .Select(item => (item.Box, item.Label))
        );
        Assert.Single(
            Filter(
                [A, B, C],
                [
                    [0, 1, 0],
                    [0, 1, 0],
                    [0, 1, 0],
                ],
                new MaskRcnnOptions { BoxDetectionsPerImg = 1 }
            )
        );
    }

    [Fact]
    public void Each_class_has_its_own_code()
    {
        float[] codes = new float[2 * 3 * 4];
        codes[(((1 * 3) + 2) * 4) + 0] = 5; // of proposal 1, class 2: half a width to the right, its factor being 10
        var found = Filter(
            [A, C],
            [
                [1, 0, 0],
                [0.5, 0.3, 0.2],
            ],
            codes: codes
        );
        Assert.Equal([(C, 1), (new Box(25, 20, 35, 30), 2)], found.Select(item => (item.Box, item.Label)));
    }

    [Fact]
    public void Boxes_are_cut_to_the_image_and_those_without_a_side_left_out() =>
        Assert.Equal(
            [new Box(0, 0, 50, 40)],
            Filter(
                    [new(-5, -5, 70, 60), new(60, 0, 70, 10), new(0, 0, 10, 0.005f)],
                    [
                        [0, 1, 0],
                        [0, 1, 0],
                        [0, 1, 0],
                    ]
                )
                .Select(item => item.Box)
        );

    [Fact]
    public void What_is_no_number_is_left_out()
    {
        float[] codes = new float[2 * 3 * 4];
        codes[4] = float.NaN;
        codes[12 + 4] = float.NegativeInfinity;
        Assert.Empty(
            Filter(
                [A, C],
                [
                    [0, 1, 0],
                    [0, 1, 0],
                ],
                codes: codes
            )
        );
        Assert.Empty(
            Filter(
                [A, C],
                [
                    [double.NaN, 1, 0],
                    [0, double.NaN, 1],
                ]
            )
        );
    }

    [Fact]
    public void Without_proposals_nothing_is_found() => Assert.Empty(Filter([], []));

    [Fact]
    public void Large_logits_do_no_harm() =>
        Assert.Equal(
            [(A, 1)],
            DetectionFilter
                .Of([A], [-1e30f, 3e38f, 0], new float[12], new(40, 50), new(), Use(DeviceKind.Host))
                .Select(item => (item.Box, item.Label))
        );

    /// <summary>Of probabilities, whose logarithms are logits.</summary>
    ImmutableArray<LabelledBox> Filter(
        ImmutableArray<Box> proposals,
        double[][] probabilities,
        MaskRcnnOptions? options = null,
        float[]? codes = null
    ) =>
        DetectionFilter.Of(
            proposals,
            [.. probabilities.SelectMany(row => row.Select(p => (float)Math.Max(Math.Log(p), -1e30)))],
            codes ?? new float[12 * proposals.Length],
            new(40, 50),
            options ?? new(),
            Use(DeviceKind.Host)
        );
}
