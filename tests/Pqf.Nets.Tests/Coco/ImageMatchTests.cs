using Pqf.Nets.Coco;
using Xunit;

namespace Pqf.Nets.Tests.Coco;

public class ImageMatchTests
{
    static readonly CocoInstances TwoAndACrowd = CocoSamples.Instances(
        CocoSamples.Object(1, new(10, 10, 20, 20)),
        CocoSamples.Object(2, new(50, 10, 20, 20)),
        CocoSamples.Object(3, new(10, 50, 40, 40)) with
        {
            IsCrowd = true,
        }
    );

    [Fact]
    public void A_second_box_on_an_object_is_false_and_a_box_on_a_crowd_counts_neither_way()
    {
        var match = Assert.Single(
            ImageMatch.Of(
                TwoAndACrowd,
                [
                    CocoSamples.Found(0.6, new(80, 80, 10, 10)),
                    CocoSamples.Found(0.9, new(10, 10, 20, 20)),
                    CocoSamples.Found(0.8, new(12, 10, 20, 20)),
                    CocoSamples.Found(0.7, new(20, 55, 10, 10)),
                ]
            )
        );
        Assert.Equal((1, 1, 2, 3), (match.FoundCount, match.MissedCount, match.FalseCount, match.MistakeCount));
        Assert.Equal("thing", Assert.Single(match.Categories).Category.Name);
    }

    // The first object has 400 pixels. A box of twice as many over it has an IoU of 400/800.
    [Theory]
    [InlineData(40, 1, 1, 0)]
    [InlineData(41, 0, 2, 1)]
    public void An_object_is_found_from_an_overlap_of_one_half_on(int height, int found, int missed, int wrong)
    {
        var match = Assert.Single(ImageMatch.Of(TwoAndACrowd, [CocoSamples.Found(0.9, new(10, 10, 20, height))]));
        Assert.Equal((found, missed, wrong), (match.FoundCount, match.MissedCount, match.FalseCount));
    }

    [Fact]
    public void A_box_of_another_category_is_false_and_the_object_is_missed()
    {
        var truth = new CocoInstances(
            [new(7, "seven.png", 100, 100), new(8, "eight.png", 100, 100)],
            [new(3, "thing"), new(5, "other")],
            [CocoSamples.Object(1, new(10, 10, 20, 20))]
        );
        var matches = ImageMatch.Of(truth, [CocoSamples.Found(0.9, new(10, 10, 20, 20)) with { CategoryId = 5 }]);
        Assert.Equal(
            [("thing", 0, 1, 0), ("other", 0, 0, 1)],
            matches[0].Categories.Select(item => (item.Category.Name, item.FoundCount, item.MissedCount, item.FalseCount))
        );
        Assert.Empty(matches[1].Categories);
        Assert.Equal(0, matches[1].MistakeCount);
    }
}
