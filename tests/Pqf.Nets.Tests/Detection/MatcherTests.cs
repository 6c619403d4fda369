using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Tensors.Ops.Boxes;
using Xunit;

namespace Pqf.Nets.Tests.Detection;

public class MatcherTests
{
    const int Background = Matcher.Background,
        Between = Matcher.Between;

    static readonly ImmutableArray<Box> Objects = [new(0, 0, 10, 10), new(20, 20, 24, 24)];

    // Overlaps with the first object: 1, 0.714, 0.333, 0.25; with the second: 0.111, 0.111, 0.017; with none.
    static readonly ImmutableArray<Box> Boxes =
    [
        new(0, 0, 10, 10),
        new(0, 0, 10, 14),
        new(0, 0, 10, 30),
        new(0, 0, 10, 40),
        new(18, 18, 30, 30),
        new(18, 18, 30, 30),
        new(19, 19, 50, 50),
        new(50, 50, 60, 60),
    ];

    // Produced by torchvision 0.14: Matcher(high, low, low_quality)(box_iou(objects, boxes)) of the values above.
    [Theory]
    [InlineData(0.7f, 0.3f, false, new[] { 0, 0, Between, Background, Background, Background, Background, Background })]
    [InlineData(0.5f, 0.5f, false, new[] { 0, 0, Background, Background, Background, Background, Background, Background })]
    [InlineData(0.7f, 0.3f, true, new[] { 0, 0, Between, Background, 1, 1, Background, Background })]
    public void Matches_are_torchvisions(float high, float low, bool lowQuality, int[] expected) =>
        Assert.Equal(expected, new Matcher(high, low, lowQuality).Match(Objects, Boxes));

    [Fact]
    public void Both_thresholds_belong_to_the_upper_side()
    {
        // Overlaps 1/2 and 1/4.
        ImmutableArray<Box> boxes = [new(0, 0, 10, 20), new(0, 0, 10, 40)];
        Assert.Equal([0, Between], new Matcher(0.5f, 0.25f, false).Match(Objects, boxes));
    }

    [Fact]
    public void Without_objects_everything_is_background() =>
        Assert.Equal([Background, Background], new Matcher(0.7f, 0.3f, true).Match([], Boxes[..2]));

    [Fact]
    public void Without_boxes_there_are_no_matches() => Assert.Empty(new Matcher(0.7f, 0.3f, true).Match(Objects, []));

    // torchvision gives such an object every box that does not overlap it, here all.
    [Fact]
    public void An_object_that_no_box_overlaps_gets_none() =>
        Assert.Equal(
            [0, Background],
            new Matcher(0.7f, 0.3f, true).Match([new(0, 0, 10, 10), new(100, 100, 110, 110)], [new(0, 0, 10, 10), new(50, 50, 60, 60)])
        );

    [Fact]
    public void Boxes_without_an_inside_overlap_nothing()
    {
        Assert.Equal(0, Matcher.Overlap(new(0, 0, 10, 10), new(5, 5, 5, 8)));
        Assert.Equal(0, Matcher.Overlap(new(5, 5, 5, 8), new(5, 5, 5, 8)));
        Assert.Equal(0, Matcher.Overlap(new(0, 0, 10, 10), new(8, 8, 2, 2)));
    }
}
