using Pqf.Compression.Data;
using Pqf.Images;
using Pqf.Nets.Detection;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Data;

/// <summary>COCO files as people have them: each row is a folder of the shared cases.</summary>
public class CocoCasesTests
{
    static Result<CocoFolder, PqfError> Train(string name) =>
        CocoFolder.OpenTraining(SharedData.Path($"cases/coco/{name}"), ImageDecoder.Reader);

    [Theory]
    [InlineData("float_crowd", "")]
    [InlineData("nan_area", "")]
    [InlineData("utf16", "")]
    [InlineData("cat_id_0", "")]
    [InlineData("cat_id_0_used", "has objects of category 0, the background's label: labels are the categories' ranks from 1")]
    [InlineData("seg_empty", "2 objects have no outline, the first is annotation 1: they count for boxes, not for masks")]
    [InlineData("seg_missing", "2 objects have no outline, the first is annotation 1: they count for boxes, not for masks")]
    [InlineData("all_crowd", "all 2 annotations are crowds: there is no object to learn or to find")]
    [InlineData("no_image", "left out 1 annotation of images that are not listed")]
    public void What_does_no_harm_is_read_and_what_is_odd_is_said(string name, string note)
    {
        var folder = Train(name).Value();
        Assert.Equal(2, folder.Images.Length);
        Assert.Equal(note.Length == 0 ? [] : [$"{folder.AnnotationsPath}: {note}"], folder.Notes);
        Assert.Equal(name == "all_crowd" ? 0 : 1, folder.Load(0, false).Value().Target.Boxes.Length);
    }

    [Theory]
    [InlineData(
        "seg_pairs",
        "annotations[0] (id 1): segmentation: expected outlines of 6 numbers or more, x and y of each corner in turn, got 2"
    )]
    [InlineData(
        "seg_4pts",
        "annotations[0] (id 1): segmentation: expected outlines of 6 numbers or more, x and y of each corner in turn, got 4"
    )]
    [InlineData("nan_bbox", "annotations[0] (id 1): bbox: expected a number, got null or NaN")]
    public void What_does_harm_is_an_error_with_the_annotation(string name, string problem) =>
        Assert.EndsWith($": {problem}", Train(name).ErrorMessage(), StringComparison.Ordinal);

    [Theory]
    [InlineData("exif_square", Orientation.BottomRight)]
    [InlineData("exif_turned", Orientation.RightTop)]
    public void Photographs_are_turned_to_the_boxes_of_a_file_made_in_shown_orientation(string name, Orientation orientation)
    {
        var folder = Train(name).Value();
        var example = folder.Load(0, false).Value();
        var turned = ImageDecoder.Decode(Path.Combine(folder.ImagesPath, "1.jpg")).Value();
        Assert.Equal(orientation, turned.Orientation);
        Assert.Equal(Photograph.Of(turned).Values, example.Photograph.Values);
        Assert.Equal([new Box(5, 6, 25, 31)], example.Target.Boxes);
    }

    [Fact]
    public void Case_exif_turned_read_as_stored_is_an_error_that_says_EXIF() =>
        Assert.EndsWith(
            "1.jpg: has 64×48 pixels as stored, without the turn of its EXIF orientation 6 (preprocessing.exif: apply turns images); "
                + $"expected 48×64, as {SharedData.Path("cases/coco/exif_turned")}/annotations/instances_train2017.json says of image 1",
            CocoFolder
                .OpenTraining(SharedData.Path("cases/coco/exif_turned"), ImageDecoder.ReaderOf(ExifOrientation.Ignore))
                .Bind(folder => folder.Load(0, false))
                .ErrorMessage()
        );

    [Fact]
    public void A_file_made_in_stored_orientation_is_an_error_that_says_EXIF()
    {
        using var copy = new TemporaryFolder();
        Directory.CreateDirectory(copy.File("annotations"));
        Directory.CreateDirectory(copy.File("train2017"));
        File.Copy(SharedData.Path("cases/coco/exif_turned/train2017/1.jpg"), copy.File("train2017/1.jpg"));
        File.WriteAllText(
            copy.File("annotations/instances_train2017.json"),
            File.ReadAllText(SharedData.Path("cases/coco/exif_turned/annotations/instances_train2017.json"))
                .Replace("\"height\": 64, \"width\": 48", "\"height\": 48, \"width\": 64", StringComparison.Ordinal)
        );
        Assert.Contains(
            "1.jpg: has 48×64 pixels when turned as its EXIF orientation 6 says (preprocessing.exif: ignore does not turn images); "
                + "expected 64×48, as ",
            CocoFolder.OpenTraining(copy.Path, ImageDecoder.Reader).Bind(folder => folder.Load(0, false)).ErrorMessage()
        );
        var stored = CocoFolder.OpenTraining(copy.Path, ImageDecoder.ReaderOf(ExifOrientation.Ignore)).Value().Load(0, false).Value();
        Assert.Equal((48, 64), (stored.Photograph.Height, stored.Photograph.Width));
    }

    [Theory]
    [InlineData("apply", "is turned as its EXIF orientation 3 says; preprocessing.exif: ignore takes images as they are stored")]
    [InlineData("ignore", "has EXIF orientation 3, which is not applied (preprocessing.exif: ignore)")]
    public void Case_exif_square_is_named_since_its_size_fits_both_ways(string exif, string note)
    {
        using var folder = new TemporaryFolder();
        TestDetectors.Write(folder.File("net.safetensors"));
        string coco = SharedData.Path("cases/coco/exif_square");
        var result = Cli.Run([
            "evaluate-maskrcnn",
            "--weights",
            folder.File("net.safetensors"),
            "--dataloader.coco_path",
            coco,
            "--preprocessing.exif",
            exif,
            .. TestDetectors.QuickSettings.Where(setting => setting != "--quiet"),
        ]);
        Assert.True(result.Code == Pqf.Cli.Shell.ExitCode.Success, result.Error);
        Assert.Contains($"{coco}/val2017/1.jpg: {note}", result.Error.Split('\n'));
    }

    [Fact]
    public void Labels_of_a_used_category_0_are_ranks_and_results_have_the_files_ids()
    {
        var labels = Train("cat_id_0_used").Value().Labels;
        Assert.Equal(["background", "cat", "dog"], labels.Names);
        Assert.Equal([0, 1], new[] { 1, 2 }.Select(labels.CategoryOf));
    }
}
