using Pqf.Nets.Coco;
using Xunit;

namespace Pqf.Nets.Tests.Coco;

public class CocoLabelsTests
{
    static CocoInstances Data(int[] categories, params int[] objects) =>
        new(
            [new(1, "1.jpg", 48, 64)],
            [.. categories.Select(id => new CocoCategory(id, $"name {id}"))],
            [
                .. objects.Select(
                    (category, i) =>
                        new CocoAnnotation(i + 1, 1, category, new(5, 6, 20, 25), 500, false, new CocoSegmentation.Outlines([]))
                ),
            ]
        );

    [Fact]
    public void A_label_is_the_category_number_gaps_and_all()
    {
        var labels = CocoLabels.Of(Data([1, 3], 3));
        Assert.Equal(4, labels.ClassCount);
        Assert.Equal(["background", "name 1", "class 2", "name 3"], labels.Names);
        Assert.Equal((3, 3), (labels.LabelOf(3), labels.CategoryOf(3)));
        Assert.False(labels.IsByRank);
    }

    [Fact]
    public void A_category_0_without_objects_does_not_count()
    {
        var labels = CocoLabels.Of(Data([0, 3], 3));
        Assert.Equal(["background", "class 1", "class 2", "name 3"], labels.Names);
        Assert.Equal(3, labels.LabelOf(3));
    }

    [Fact]
    public void Objects_of_category_0_make_labels_ranks()
    {
        var labels = CocoLabels.Of(Data([0, 1, 7], 0, 7));
        Assert.True(labels.IsByRank);
        Assert.Equal(["background", "name 0", "name 1", "name 7"], labels.Names);
        Assert.Equal([1, 2, 3], new[] { 0, 1, 7 }.Select(labels.LabelOf));
        Assert.Equal([0, 1, 7], new[] { 1, 2, 3 }.Select(labels.CategoryOf));
    }

    [Fact]
    public void Objects_without_an_outline_train_boxes_and_not_masks()
    {
        var data = Data([1], 1);
        var target = CocoTargets.Of(data.Images[0], data.AnnotationsOf(1), CocoLabels.Of(data));
        Assert.Single(target.Boxes);
        Assert.Null(Assert.Single(target.Masks));
        Assert.Equal(1, data.WithoutMaskCount);
    }

    [Fact]
    public void Objects_without_an_outline_do_not_count_in_the_precision_of_masks()
    {
        var data = Data([1], 1);
        CocoDetection[] found = [new(1, 1, 0.9, new(5, 6, 20, 25), null)];
        Assert.Equal(1, CocoAp.Measure(data, found, CocoTask.BoundingBox).Ap, 12);
        Assert.Equal(-1, CocoAp.Measure(data, found, CocoTask.Segmentation).Ap); // nothing to be found
    }
}
