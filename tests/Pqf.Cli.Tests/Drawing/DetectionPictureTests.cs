using System.Collections.Immutable;
using Pqf.Cli.Drawing;
using Pqf.Compression.Data;
using Pqf.Images;
using Pqf.Nets.Detection;
using Pqf.Nets.Images;
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
    public void A_label_says_class_and_score()
    {
        var drawn = Decoded(DetectionPicture.Draw(Grey, new(100, 120, [Found(new(10, 60, 40, 90), 1, 0)]), Names, 0.5f));
        // Above the box at (10, 60): the text's pixels are black, 2 within the label, which is 11 high.
        var black = Enumerable
            .Range(0, 100 * 120)
            .Where(i => drawn.Pixels[3 * i] == 0 && drawn.Pixels[(3 * i) + 1] == 0 && drawn.Pixels[(3 * i) + 2] == 0)
            .Select(i => (i % 120, i / 120));
        Assert.Equal(
            PixelFont
                .PixelsOf("CAT 90%")
                .Select(pixel => (12 + pixel.X, 51 + pixel.Y))
                .OrderBy(pixel => pixel.Item2)
                .ThenBy(pixel => pixel.Item1),
            black
        );
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

    static float[] Solid => [.. Enumerable.Repeat(1f, 28 * 28)];

    static Detection Found(Box box, int label, float probability) =>
        new(box, label, 0.9f, Enumerable.Repeat(probability, 28 * 28).ToArray());

    static PixelImage Decoded(byte[] png) => ImageDecoder.Decode(png, "picture").Value();
}
