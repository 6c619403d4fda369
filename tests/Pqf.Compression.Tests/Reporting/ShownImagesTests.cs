using Pqf.Compression.Detection;
using Pqf.Compression.Reporting;
using Pqf.Nets.Coco;
using Xunit;

namespace Pqf.Compression.Tests.Reporting;

public class ShownImagesTests
{
    static readonly CocoBox Object = new(10, 10, 20, 20),
        Elsewhere = new(60, 60, 20, 20);

    // Image i has one object and i false boxes. The object is found in images with an even number, and missed in the others.
    [Fact]
    public void Ten_images_with_the_most_mistakes_and_the_two_best_others_are_shown()
    {
        int[] numbers = [.. Enumerable.Range(0, 16)];
        var shown = ShownImages.Of(Truth(numbers), numbers.SelectMany(FoundIn));
        // 15 and 14 boxes, the object of 15 is missed too: 16, 14, 14, 12, … mistakes; of equals the earlier image comes first.
        Assert.Equal([15, 13, 14, 11, 12, 9, 10, 7, 8, 5], shown.Worst.Select(item => item.Image.Id));
        // Image 0 has no mistake; of the others that found their object image 2 has the fewest.
        Assert.Equal([0, 2], shown.Best.Select(item => item.Image.Id));
    }

    [Fact]
    public void Few_images_are_all_shown_once_but_for_those_with_nothing_to_show()
    {
        var truth = new CocoInstances(Images([0, 1, 2]), [new(3, "dog")], [Annotation(0), Annotation(1)]);
        var shown = ShownImages.Of(truth, [Found(1, 0.5, Object), Found(0, 0.49, Object)]);
        // A score below one half does not find its object.
        Assert.Equal([0], shown.Worst.Select(item => item.Image.Id));
        Assert.Equal([1], shown.Best.Select(item => item.Image.Id));
    }

    [Fact]
    public void Shown_boxes_come_by_falling_score()
    {
        var boxes = ShownImages.Boxes([Found(1, 0.6, Object), Found(1, 0.9, Elsewhere), Found(1, 0.3, Object), Found(2, 0.7, Object)]);
        Assert.Equal([0.9, 0.6], boxes[1].Select(item => item.Score));
        Assert.Equal([0.7], boxes[2].Select(item => item.Score));
    }

    [Fact]
    public void A_line_counts_what_was_found_missed_and_false_and_names_categories()
    {
        string[] names = ["dog", "cat", "car", "bus", "cup"];
        CategoryMatch[] categories = [.. names.Select((name, i) => new CategoryMatch(new(i, name), 1, i == 1 ? 2 : 0, i == 0 ? 3 : 1))];
        Assert.Equal(
            "5 found, 2 missed (cat × 2), 7 false (dog × 3, cat, car and 2 more categories)",
            DetectionSection.Words(new(new(1, "1.png", 9, 9), [.. categories]))
        );
        Assert.Equal("0 found, 0 missed, 0 false", DetectionSection.Words(new(new(1, "1.png", 9, 9), [])));
    }

    [Fact]
    public void A_gallery_with_headings_is_a_table_in_Markdown_and_one_without_is_left_out()
    {
        ReportSection Section(string title, (string, string)? headings) =>
            new(
                title,
                "about",
                [new ReportPart.Gallery("found", [ReportFigure.Photograph([1], "street_1.jpg", "1 found")]) { Headings = headings }]
            );
        string text = ReportMarkdown.Of(
            new("t", "k", "f", " h", "lead", [Section("with", ("image", "objects")), Section("without", null)], [])
        );
        Assert.EndsWith(
            "## with\n\nabout\n\n| image | objects |\n| --- | --- |\n| street\\_1.jpg | 1 found |\n",
            text,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("without", text, StringComparison.Ordinal);
    }

    static CocoInstances Truth(int[] numbers) => new(Images(numbers), [new(3, "dog")], [.. numbers.Select(Annotation)]);

    static CocoImage[] Images(int[] numbers) => [.. numbers.Select(number => new CocoImage(number, $"{number}.png", 100, 100))];

    static CocoAnnotation Annotation(int image) => new(image, image, 3, Object, 400, false, new CocoSegmentation.Outlines([]));

    static IEnumerable<CocoDetection> FoundIn(int image) =>
        [
            .. image % 2 == 0 ? (CocoDetection[])[Found(image, 0.95, Object)] : [],
            .. Enumerable.Range(0, image).Select(_ => Found(image, 0.8, Elsewhere)),
        ];

    static CocoDetection Found(int image, double score, CocoBox box) => new(image, 3, score, box, null);
}
