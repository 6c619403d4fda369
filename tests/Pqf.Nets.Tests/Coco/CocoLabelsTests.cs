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

    [Theory]
    [InlineData(new[] { 1, 2, 3 }, true, 4)]
    [InlineData(new[] { 1, 3 }, true, 4)]
    [InlineData(new[] { 1, 90 }, false, 3)]
    [InlineData(new[] { 7, 1_000_000 }, false, 3)]
    [InlineData(new[] { int.MaxValue }, false, 2)]
    [InlineData(new[] { 0, 1, 2 }, true, 3)]
    public void A_new_network_has_labels_by_number_unless_ranks_need_far_fewer(int[] categories, bool isByNumber, int classCount)
    {
        var data = Data(categories, categories[^1]);
        var labels = CocoLabels.ForTraining(data, data);
        Assert.Equal((isByNumber, !isByNumber, classCount), (labels.IsByNumber, labels.IsByRank, labels.ClassCount));
        Assert.Equal(categories.Where(id => id > 0), categories.Where(id => id > 0).Select(id => labels.CategoryOf(labels.LabelOf(id))));
    }

    [Fact]
    public void Published_categories_have_91_labels_and_none_that_need_a_note()
    {
        var data = Data([.. CocoClasses.All.Select(category => category.Id)], 90);
        Assert.Equal((91, null), (CocoLabels.ForTraining(data, data).ClassCount, CocoLabels.ForTraining(data, data).Note));
    }

    [Fact]
    public void A_category_0_that_is_measured_counts_in_training_too()
    {
        var labels = CocoLabels.ForTraining(Data([0, 1], 1), Data([0, 1], 0));
        Assert.Equal(["background", "name 0", "name 1"], labels.Names);
    }

    [Fact]
    public void Names_decide_where_a_network_has_them()
    {
        var data = Data([0, 2, 5, 9], 5, 9);
        var labels = CocoLabels.ByName(data, ["background", "name 5", " name 2", "other"]);
        Assert.Equal((1, 2), (labels.LabelOf(5), labels.LabelOf(2)));
        Assert.Equal((5, 2), (labels.CategoryOf(1), labels.CategoryOf(2)));
        Assert.Equal([true, true, false], new[] { 1, 2, 3 }.Select(labels.HasCategoryOf));
        Assert.Equal([9], labels.Unknown.Select(category => category.Id));
        Assert.Empty(labels.Idle); // category 0 without objects is nobody's
    }

    [Fact]
    public void The_background_is_no_class_of_a_data_set_and_equal_names_follow_each_other()
    {
        CocoInstances data = new(
            [new(1, "1.jpg", 48, 64)],
            [new(1, "background"), new(4, "bolt"), new(6, "bolt")],
            [
                .. new[] { 1, 4, 6 }.Select(id => new CocoAnnotation(
                    id,
                    1,
                    id,
                    new(5, 6, 20, 25),
                    500,
                    false,
                    new CocoSegmentation.Outlines([])
                )),
            ]
        );
        var labels = CocoLabels.ByName(data, ["background", "bolt", "bolt"]);
        Assert.Equal((1, 2), (labels.LabelOf(4), labels.LabelOf(6)));
        Assert.Equal([1], labels.Unknown.Select(category => category.Id));
    }

    [Fact]
    public void Objects_without_an_outline_train_boxes_and_not_masks()
    {
        var data = Data([1], 1);
        var target = CocoTargets.Of(data.Images[0], data.AnnotationsOf(1), CocoLabels.Of(data));
        Assert.Single(target.Boxes);
        Assert.Null(Assert.Single(target.Masks));
        Assert.Equal([1], data.WithoutMask);
        Assert.Empty(data.WithEmptyMask);
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
