using System.Text;
using Pqf.Nets.Coco;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Coco;

/// <summary>Masks as people write them: which of them cover a pixel of their object.</summary>
public class CocoMaskTests
{
    /// <summary>An object with a box of 20×25 at (5, 6), in an image of 64×48.</summary>
    static CocoInstances Data(string segmentation, string box = "[5, 6, 20, 25]", int isCrowd = 0)
    {
        string text = $$"""
            {"images": [{"id": 1, "file_name": "1.jpg", "height": 48, "width": 64}], "categories": [{"id": 1, "name": "helmet"}],
             "annotations": [{"id": 9, "image_id": 1, "category_id": 1, "bbox": {{box}}, "area": 500, "iscrowd": {{isCrowd}},
                              "segmentation": {{segmentation}} }]}
            """;
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return CocoReader.ReadInstances(stream, "a.json").Value();
    }

    [Theory]
    [InlineData("[[5, 6, 25, 6, 25, 31, 5, 31]]", true)]
    [InlineData("[[5, 6, 6, 6, 6, 7, 5, 7]]", true)] // one pixel
    [InlineData("[[500, 500, 520, 500, 520, 520], [5, 6, 25, 6, 25, 31]]", true)] // one of two
    [InlineData("""{"size": [48, 64], "counts": [246, 1, 2825]}""", true)] // the box's first pixel: 5 · 48 + 6
    [InlineData("[[0.05, 0.06, 0.25, 0.06, 0.25, 0.31, 0.05, 0.31]]", false)] // normalised
    [InlineData("""{"size": [48, 64], "counts": [3072]}""", false)] // all zeros
    [InlineData("""{"size": [48, 64], "counts": [0, 1, 3071]}""", false)] // a pixel outside of the box
    [InlineData("[[5, 6, 25, 6, 25, 6]]", false)] // a line
    [InlineData("[[5, 6, 5, 6, 5, 6]]", false)] // a point
    [InlineData("[[500, 500, 520, 500, 520, 520]]", false)] // outside of the image
    [InlineData("[[-9, -9, -1, -9, -1, -2]]", false)]
    [InlineData("[[40, 2, 60, 2, 60, 20, 40, 20]]", false)] // outside of the box
    public void A_mask_without_a_pixel_in_its_box_is_none(string segmentation, bool isMask)
    {
        var data = Data(segmentation);
        var target = CocoTargets.Of(data.Images[0], data.AnnotationsOf(1), CocoLabels.Of(data));
        CocoDetection[] found = [new(1, 1, 0.9, new(5, 6, 20, 25), data.AnnotationsOf(1)[0].Segmentation.ToRle(48, 64))];
        Assert.Equal(isMask, Assert.Single(target.Masks) is not null);
        Assert.Equal(isMask ? 1 : -1, CocoAp.Measure(data, found, CocoTask.Segmentation).Ap, 12); // −1: nothing to be found
        Assert.Equal(1, CocoAp.Measure(data, found, CocoTask.BoundingBox).Ap, 12);
        Assert.Equal(isMask ? [] : [9], data.WithEmptyMask);
        Assert.Empty(data.WithoutMask);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[[]]")]
    [InlineData("null")]
    public void An_object_may_have_no_mask(string segmentation)
    {
        var data = Data(segmentation);
        Assert.Equal([9], data.WithoutMask);
        Assert.Empty(data.WithEmptyMask);
    }

    [Fact]
    public void A_mask_counts_though_its_box_has_no_area() =>
        Assert.Empty(Data("[[5, 6, 25, 6, 25, 31, 5, 31]]", "[5, 6, 0, 0]").WithEmptyMask);

    [Fact]
    public void Masks_of_crowds_stay_as_they_are() =>
        Assert.True(Data("""{"size": [48, 64], "counts": [3072]}""", isCrowd: 1).AnnotationsOf(1)[0].HasMask);
}
