using Pqf.Autodiff;
using Pqf.Nets.Masks;
using Xunit;

namespace Pqf.Nets.Tests.Masks;

public class RleTextTests
{
    [Fact]
    public void Strings_of_COCO_s_own_files_come_back_character_for_character()
    {
        var segmentations = CocoJson
            .Read(CocoJson.SegmentationResults)
            .EnumerateArray()
            .Concat(CocoJson.Annotations("data/coco-ccby/annotations/instances_val2017.json"))
            .Select(item => item.GetProperty("segmentation"))
            .ToArray();
        Assert.All(
            segmentations,
            segmentation =>
            {
                int[] size = segmentation.Integers("size");
                string text = segmentation.GetProperty("counts").GetString()!;
                Assert.Equal(text, RleText.Encode(RleText.Decode(text, size[0], size[1])));
            }
        );
        Assert.Equal(734 + 121, segmentations.Length);
    }

    [Fact]
    public void Runs_are_written_by_the_format_s_rule()
    {
        // 6: one group, 6. 1: group 1. 40: groups 8 with more to come, then 1. Then less the run two before: 2 − 1 = 1 and 11 − 40 = −29,
        // groups 3 with more, then −1.
        var mask = new Rle(60, 1, [6, 1, 40, 2, 11]);
        Assert.Equal(
            $"{(char)54}{(char)49}{(char)(48 + 32 + 8)}{(char)49}{(char)49}{(char)(48 + 32 + 3)}{(char)(48 + 31)}",
            RleText.Encode(mask)
        );
        Assert.Equal(mask, RleText.Decode(RleText.Encode(mask), 60, 1));
    }

    [Theory]
    [InlineData("61", "expected runs of 60 pixels in all for 1×60, got 7")]
    [InlineData("", "expected runs of 60 pixels in all for 1×60, got 0")]
    [InlineData("6S", "its last number is cut off")]
    [InlineData("6 1", "character 1 is not of a run")]
    [InlineData("6é", "character 1 is not of a run")]
    [InlineData("SSSSSSSSSSSS", "character 7 is not of a run")]
    [InlineData("6O", "run 1 has -1 pixels and ends at 5 of 60")]
    [InlineData("PPPP1", "run 0 has 1048576 pixels and ends at 1048576 of 60")]
    public void What_is_no_such_string_says_why(string text, string problem) =>
        Assert.Equal(problem, Assert.Throws<InvalidDataException>(() => RleText.Decode(text, 60, 1)).Message);
}
