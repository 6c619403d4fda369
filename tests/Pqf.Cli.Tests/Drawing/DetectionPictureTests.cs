using System.Collections.Immutable;
using Pqf.Cli.Drawing;
using Pqf.Compression.Data;
using Pqf.Images;
using Pqf.Nets.Detection;
using Pqf.Nets.Images;
using Pqf.Nets.Masks;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using SkiaSharp;
using Xunit;

namespace Pqf.Cli.Tests.Drawing;

public class DetectionPictureTests
{
    static readonly ImmutableArray<string> Names = ["background", "cat", "traffic light"];

    static readonly PixelImage Grey = new(100, 120, 3, [.. Enumerable.Repeat((byte)100, 100 * 120 * 3)]);

    [Fact]
    public void A_picture_without_detections_is_the_picture() =>
        Assert.Equal(Grey.Pixels, Decoded(DetectionPicture.Draw(Grey, new(100, 120, []), Names, 0.5f)).Pixels);

    [Fact]
    public void A_mask_colours_its_pixels_and_no_others()
    {
        var drawn = Decoded(DetectionPicture.Draw(Grey, new(100, 120, [Found(new(40, 30, 80, 70), 1, 1)]), Names, 0.5f));
        byte[] inside = drawn.Crop(50, 60, 1, 1).Pixels;
        Assert.True(inside[0] > 150 && inside[1] < 80 && inside[2] < 80, $"a red tint, got {string.Join(' ', inside)}");
        Assert.Equal([100, 100, 100], drawn.Crop(90, 100, 1, 1).Pixels);
    }

    [Fact]
    public void Boxes_have_different_colours()
    {
        var drawn = Decoded(
            DetectionPicture.Draw(Grey, new(100, 120, [Found(new(10, 60, 40, 90), 1, 0), Found(new(60, 60, 90, 90), 2, 0)]), Names, 0.5f)
        );
        Assert.NotEqual(drawn.Crop(75, 10, 1, 1).Pixels, drawn.Crop(75, 60, 1, 1).Pixels);
        Assert.Equal([100, 100, 100], drawn.Crop(75, 25, 1, 1).Pixels);
    }

    [Fact]
    public void A_label_says_class_and_score_above_its_box()
    {
        var drawn = DrawnLabel("cat");
        var (left, top, right, bottom) = Ink(drawn);
        // The box begins at (10, 60); the first colour is light: its letters are black.
        Assert.InRange(left, 11, 14);
        Assert.InRange(right, 40, 70);
        Assert.InRange(top, 43, 51);
        Assert.InRange(bottom, 54, 60);
    }

    [Theory]
    [InlineData("cat", "car")]
    [InlineData("cat", "Cat")]
    [InlineData("a", "ä")]
    [InlineData("ж", "ш")]
    [InlineData("λ", "μ")]
    [InlineData("ש", "א")]
    public void Different_names_have_different_letters(string one, string other)
    {
        Assert.NotEqual(DrawnLabel(one).Pixels, DrawnLabel(other).Pixels);
        using var font = new LabelFont(11);
        Assert.False(font.Lacks(one) || font.Lacks(other));
    }

    [Fact]
    public void A_letter_that_the_font_lacks_is_a_mark_that_can_be_seen()
    {
        using var font = new LabelFont(20);
        Assert.True(font.Lacks("猫"));
        using var mark = font.OutlineOf("猫", 0, 0);
        Assert.True(mark.Bounds is { Width: > 5, Height: > 5 }, mark.Bounds.ToString());
        Assert.NotEqual(DrawnLabel("").Pixels, DrawnLabel("猫").Pixels);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(90, 0)]
    [InlineData(90, 80)]
    [InlineData(0, 80)]
    public void A_label_at_an_edge_is_whole(int left, int top)
    {
        // All letters of the label lie within: as many dark pixels as in the middle.
        int expected = InkCount(DrawnLabel("lynx", new(40, 50, 70, 70)));
        Assert.Equal(expected, InkCount(DrawnLabel("lynx", new(left, top, left + 30, top + 20))));
    }

    [Fact]
    public void A_name_that_is_wider_than_the_picture_is_cut_and_the_score_stays()
    {
        using var font = new LabelFont(11);
        string text = font.Fit("a very long name of a class that nobody can read", " 90%", 100);
        Assert.Matches("^a very .*… 90%$", text);
        Assert.InRange(font.WidthOf(text), 80, 100);
        Assert.Equal("cat 90%", font.Fit("cat", " 90%", 100));
        Assert.Equal("… 90%", font.Fit("cat", " 90%", 1));
        // An accent stays with its letter.
        Assert.DoesNotContain("e…", font.Fit(string.Concat(Enumerable.Repeat("e\u0301", 40)), "", 100), StringComparison.Ordinal);
        Assert.Equal("a\\nb", font.Fit("a\nb", "", 100));
    }

    // WCAG's contrast of the ink is at least 4.5, its level AA, on every hue.
    [Fact]
    public void Letters_are_readable_on_every_colour()
    {
        Assert.Equal(SKColors.Black, DetectionPicture.InkOn(SKColors.Yellow));
        Assert.Equal(SKColors.White, DetectionPicture.InkOn(SKColors.Blue));
        Assert.All(
            Enumerable.Range(0, 360),
            hue =>
            {
                var colour = SKColor.FromHsv(hue, 80, 100);
                double[] luminances = [.. new[] { DetectionPicture.InkOn(colour), colour }.Select(Luminance).Order()];
                Assert.True((luminances[1] + 0.05) / (luminances[0] + 0.05) >= 4.5);
            }
        );
    }

    static double Luminance(SKColor colour) =>
        new[] { (colour.Red, 0.2126), (colour.Green, 0.7152), (colour.Blue, 0.0722) }.Sum(part =>
            part.Item2 * (part.Item1 <= 10 ? part.Item1 / 255.0 / 12.92 : Math.Pow(((part.Item1 / 255.0) + 0.055) / 1.055, 2.4))
        );

    [Fact]
    public void A_picture_may_be_a_JPEG_of_a_quality()
    {
        var found = new Detections(100, 120, [Found(new(10, 60, 40, 90), 1, 0)]);
        byte[] fine = DetectionPicture.Draw(Grey, found, Names, 0.5f, 95),
            coarse = DetectionPicture.Draw(Grey, found, Names, 0.5f, 10);
        Assert.Equal([0xFF, 0xD8, 0xFF], fine[..3]);
        Assert.True(coarse.Length < fine.Length);
        Assert.Equal((100, 120), (Decoded(fine).Height, Decoded(fine).Width));
    }

    // 960 × 200 pixels become 480 × 100: boxes, masks and the annotated box are halved.
    [Fact]
    public void A_small_picture_has_480_pixels_at_most_and_dashes_around_annotated_objects()
    {
        var wide = new PixelImage(200, 960, 3, [.. Enumerable.Repeat((byte)100, 200 * 960 * 3)]);
        var window = new PixelBox(100, 80, 100, 80);
        var mask = Rle.FromWindow([.. Enumerable.Repeat((byte)1, 100 * 80)], window, 200, 960);
        var drawn = Decoded(
            DetectionPicture.Small(wide, [new(1, 1, 0.9, new(100, 80, 100, 80), mask)], _ => "cat", [new(300, 40, 600, 120)])
        );
        Assert.Equal((100, 480), (drawn.Height, drawn.Width));
        byte[] inside = drawn.Crop(60, 75, 1, 1).Pixels;
        Assert.True(inside[0] > inside[1] + 40, $"a red tint, got {string.Join(' ', inside)}");
        byte[] edge = [.. Enumerable.Range(160, 280).Select(x => drawn.Crop(20, x, 1, 1).Pixels[0])];
        Assert.InRange(edge.Count(value => value > 150), 80, 220);
        Assert.InRange(edge.Count(value => value < 110), 60, 200);
        Assert.All(Enumerable.Range(160, 280), x => Assert.InRange(drawn.Crop(50, x, 1, 1).Pixels[0], 96, 104));
    }

    [Fact]
    public void A_small_picture_of_a_smaller_image_keeps_its_size_and_needs_no_mask()
    {
        var drawn = Decoded(DetectionPicture.Small(Grey, [new(1, 1, 0.9, new(10, 60, 30, 30), null)], _ => "cat", []));
        Assert.Equal((100, 120), (drawn.Height, drawn.Width));
        Assert.InRange(drawn.Crop(75, 25, 1, 1).Pixels[0], 96, 104);
    }

    [Fact]
    public void Labels_stay_within_the_picture_and_off_each_other()
    {
        var places = new LabelPlaces(100, 50);
        SKRect[] taken =
        [
            .. new Box[] { new(-5, -5, 50, 40), new(0, 0, 50, 40), new(90, 45, 100, 50), new(95, 0, 100, 50) }.Select(box =>
                places.Take(box, 40, 10)
            ),
        ];
        Assert.All(taken, place => Assert.True(place is { Left: >= 0, Top: >= 0, Right: <= 100, Bottom: <= 50 }, place.ToString()));
        Assert.All(taken.SelectMany((a, i) => taken.Skip(i + 1).Select(b => (a, b))), pair => Assert.False(pair.a.IntersectsWith(pair.b)));
        var large = new LabelPlaces(10, 5).Take(new(0, 0, 10, 5), 40, 10);
        Assert.Equal((0, 0), (large.Left, large.Top));
    }

    [Fact]
    public void A_photograph_with_its_annotated_objects_can_be_drawn()
    {
        var folder = CocoFolder.OpenValidation(SharedData.Path("data/coco-ccby"), ImageDecoder.Reader).Value();
        var example = folder.Load(0, false).Value();
        var pixels = ImageDecoder.Decode(Path.Combine(folder.ImagesPath, example.Image.FileName)).Value();
        var found = new Detections(
            pixels.Height,
            pixels.Width,
            [.. example.Target.Boxes.Select((box, i) => new Detection(box, example.Target.Labels[i], 0.9f, Solid))]
        );
        var drawn = Decoded(DetectionPicture.Draw(pixels, found, Nets.Coco.CocoClasses.LabelNames, 0.5f));
        Assert.Equal((pixels.Height, pixels.Width), (drawn.Height, drawn.Width));
    }

    static PixelImage DrawnLabel(string name, Box? box = null) =>
        Decoded(DetectionPicture.Draw(Grey, new(100, 120, [Found(box ?? new(10, 60, 40, 90), 0, 0)]), [name], 0.5f));

    static int InkCount(PixelImage drawn) => Dark(drawn).Count();

    static (int Left, int Top, int Right, int Bottom) Ink(PixelImage drawn)
    {
        var dark = Dark(drawn).ToArray();
        return (dark.Min(at => at.X), dark.Min(at => at.Y), dark.Max(at => at.X), dark.Max(at => at.Y));
    }

    static IEnumerable<(int X, int Y)> Dark(PixelImage drawn) =>
        Enumerable
            .Range(0, drawn.Height * drawn.Width)
            .Where(i => drawn.Pixels[3 * i] < 60 && drawn.Pixels[(3 * i) + 1] < 40)
            .Select(i => (i % drawn.Width, i / drawn.Width));

    static float[] Solid => [.. Enumerable.Repeat(1f, 28 * 28)];

    static Detection Found(Box box, int label, float probability) =>
        new(box, label, 0.9f, Enumerable.Repeat(probability, 28 * 28).ToArray());

    static PixelImage Decoded(byte[] png) => ImageDecoder.Decode(png, "picture").Value();
}
