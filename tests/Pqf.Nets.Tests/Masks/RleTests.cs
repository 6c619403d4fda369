using Pqf.Autodiff;
using Pqf.Nets.Masks;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Nets.Tests.Masks;

public class RleTests
{
    // 0 1 1
    // 0 1 0: down the columns 0 0 | 1 1 | 1 0
    static readonly Rle Corner = Rle.FromBitmap([0, 1, 1, 0, 1, 0], 2, 3);

    [Fact]
    public void Runs_go_down_the_columns_and_begin_with_zeros()
    {
        Assert.Equal([2, 3, 1], Corner.Counts.ToArray());
        Assert.Equal([0, 2], Rle.FromBitmap([1, 1], 1, 2).Counts.ToArray());
        Assert.Equal([2], Rle.FromBitmap([0, 0], 1, 2).Counts.ToArray());
        Assert.Equal([0, 1, 1, 255], Rle.FromBitmap([9, 0, .. Enumerable.Repeat((byte)1, 255)], 257, 1).Counts.ToArray());
    }

    [Fact]
    public void A_bitmap_comes_back() => Assert.Equal([0, 1, 1, 0, 1, 0], Corner.ToBitmap());

    [Fact]
    public void Empty_runs_are_merged()
    {
        Assert.Equal(Corner, new Rle(2, 3, [1, 0, 1, 2, 0, 1, 1, 0]));
        Assert.Equal(Rle.Empty(2, 3), new Rle(2, 3, [0, 0, 6]));
    }

    [Fact]
    public void Area_and_bounding_box_are_those_of_the_ones()
    {
        Assert.Equal(3, Corner.Area);
        Assert.Equal(new PixelBox(1, 0, 2, 2), Corner.BoundingBox);
        Assert.Equal(new PixelBox(2, 1, 1, 1), Rle.FromBitmap([0, 0, 0, 0, 0, 1], 2, 3).BoundingBox);
        Assert.Equal(default, Rle.Empty(4, 5).BoundingBox);
        Assert.Equal(0, Rle.Empty(4, 5).Area);
    }

    [Fact]
    public void A_run_over_several_columns_reaches_from_top_to_bottom() =>
        Assert.Equal(new PixelBox(0, 0, 3, 4), new Rle(4, 4, [3, 6, 7]).BoundingBox);

    [Fact]
    public void A_window_is_a_part_of_the_mask_and_what_reaches_outside_is_dropped()
    {
        Assert.Equal(new PixelBox(2, 1, 1, 2), Rle.FromWindow([1, 1], new(2, 1, 1, 2), 4, 5).BoundingBox);
        Assert.Equal(Rle.FromBitmap([1, 0, 0, 0], 2, 2), Rle.FromWindow([1, 1, 1, 1], new(-1, -1, 2, 2), 2, 2));
        Assert.Equal(Rle.Empty(2, 2), Rle.FromWindow([1, 1], new(2, 0, 2, 1), 2, 2));
        Assert.Equal(
            "Rle: expected a bitmap of [2, 2], got 3 pixels",
            Assert.Throws<ShapeException>(() => Rle.FromWindow([1, 1, 1], new(0, 0, 2, 2), 2, 2)).Message
        );
    }

    [Fact]
    public void A_mirror_reverses_the_columns() => Assert.Equal([1, 1, 0, 0, 1, 0], Corner.FlipHorizontally().ToBitmap());

    [Fact]
    public void Union_and_intersection_are_those_of_the_pixels()
    {
        var other = Rle.FromBitmap([1, 1, 0, 0, 0, 0], 2, 3);
        Assert.Equal([1, 1, 1, 0, 1, 0], Rle.Union([Corner, other]).ToBitmap());
        Assert.Equal([0, 1, 0, 0, 0, 0], Rle.Intersection([Corner, other]).ToBitmap());
        Assert.Equal(1, Corner.IntersectionArea(other));
        Assert.Equal(1 / 4.0, Corner.IoU(other));
        Assert.Equal(1 / 3.0, Corner.CoveredBy(other));
        Assert.Equal(1 / 2.0, other.CoveredBy(Corner));
    }

    [Fact]
    public void Masks_that_do_not_meet_have_no_overlap_even_if_empty()
    {
        Assert.Equal(0, Rle.Empty(2, 3).IoU(Rle.Empty(2, 3)));
        Assert.Equal(0, Rle.Empty(2, 3).CoveredBy(Corner));
    }

    [Fact]
    public void Masks_of_different_sizes_break_the_contract() =>
        Assert.Equal(
            "Rle: expected masks of one size, got [2, 3] and [3, 2]",
            Assert.Throws<ShapeException>(() => Corner.IoU(Rle.Empty(3, 2))).Message
        );

    [Theory]
    [InlineData(new[] { 1, 2 }, "Rle: expected runs of 6 pixels in all for [2, 3], got 3")]
    [InlineData(new[] { 7, -1 }, "Rle: expected runs of 0 or more pixels, got -1")]
    public void Runs_that_are_not_of_the_mask_break_the_contract(int[] counts, string message) =>
        Assert.Equal(message, Assert.Throws<ShapeException>(() => new Rle(2, 3, counts)).Message);

    [Fact]
    public void A_mask_of_another_size_takes_the_nearest_pixels()
    {
        byte[] noise = [.. Enumerable.Range(0, 35).Select(i => (byte)(i * i % 7 % 3 == 1 ? 1 : 0))];
        // Produced by: F.interpolate((torch.arange(35) ** 2 % 7 % 3 == 1).float().reshape(1, 1, 5, 7), size=(4, 11))
        Assert.Equal("00111000111001110001110011100011100111000111", string.Concat(Rle.FromBitmap(noise, 5, 7).ToBitmap(4, 11)));
    }

    [Fact]
    public void Areas_and_boxes_are_those_of_COCO_s_own_files()
    {
        var annotations = CocoJson.Annotations("data/coco-ccby/annotations/instances_val2017.json").ToArray();
        Assert.All(
            annotations,
            annotation =>
            {
                var segmentation = annotation.GetProperty("segmentation");
                int[] size = segmentation.Integers("size"),
                    box = annotation.Integers("bbox");
                var mask = RleText.Decode(segmentation.GetProperty("counts").GetString(), size[0], size[1]);
                Assert.Equal(annotation.GetProperty("area").GetInt32(), mask.Area);
                Assert.Equal(new PixelBox(box[0], box[1], box[2], box[3]), mask.BoundingBox);
            }
        );
        Assert.Equal(121, annotations.Length);
    }
}
