using Pqf.Cli.Images;
using Pqf.Compression.Data;
using Pqf.Tensors;
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
    [InlineData("seg_empty", "2 objects have no outline: they count for boxes, not for masks")]
    [InlineData("seg_missing", "2 objects have no outline: they count for boxes, not for masks")]
    [InlineData("all_crowd", "all 2 annotations are crowds: there is no object to learn or to find")]
    [InlineData("no_image", "left out 1 annotations of images that are not listed")]
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

    [Fact]
    public void Labels_of_a_used_category_0_are_ranks_and_results_have_the_files_ids()
    {
        var labels = Train("cat_id_0_used").Value().Labels;
        Assert.Equal(["background", "cat", "dog"], labels.Names);
        Assert.Equal([0, 1], new[] { 1, 2 }.Select(labels.CategoryOf));
    }
}
