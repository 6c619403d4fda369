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

    static CocoInstances Named(string[] categories, params int[] objects)
    {
        var data = Data([.. Enumerable.Range(0, categories.Length)], objects);
        return new(
            data.Images,
            [.. categories.Select((name, id) => new CocoCategory(id, name)).Where(category => category.Name.Length > 0)],
            data.AnnotationsOf(1)
        );
    }

    // Categories by number from 0, "" where there is none; objects of which; names of the network's labels from 1; the labels.
    [Theory]
    [InlineData(new[] { "", "bolt", "bolt" }, new[] { 1, 2 }, new[] { "bolt", "bolt" }, "1:1 2:2")]
    [InlineData(new[] { "", "bolt", "bolt" }, new[] { 2 }, new[] { "bolt", "bolt" }, "1:1 2:2")]
    [InlineData(new[] { "", "bolt", "bolt" }, new[] { 1 }, new[] { "bolt", "bolt" }, "1:1 2:2")]
    [InlineData(new[] { "bolt", "bolt" }, new[] { 1 }, new[] { "bolt" }, "1:1")] // Roboflow's root
    [InlineData(new[] { "bolt", "bolt" }, new int[0], new[] { "bolt" }, "1:1")]
    [InlineData(new[] { "bolt", "bolt", "bolt" }, new[] { 2 }, new[] { "bolt", "bolt" }, "1:1 2:2")]
    [InlineData(new[] { "", "bolt", "bolt" }, new[] { 2 }, new[] { "bolt" }, "2:1")] // bolt is bolt
    [InlineData(new[] { "", "bolt", "bolt" }, new[] { 1, 2 }, new[] { "bolt" }, "doubled 1 2")]
    [InlineData(new[] { "", "bolt" }, new[] { 1 }, new[] { "bolt", "bolt" }, "doubled 1")]
    [InlineData(new[] { "bolt", "bolt", "bolt" }, new[] { 0, 2 }, new[] { "bolt", "bolt" }, "doubled 0 2")]
    [InlineData(new[] { "", "caf\u00E9", "nut" }, new[] { 1, 2 }, new[] { "nut", "cafe\u0301" }, "1:2 2:1")] // one name, two forms of Unicode
    public void Equal_names_have_the_labels_of_their_order_or_none(string[] categories, int[] objects, string[] names, string expected)
    {
        var data = Named(categories, objects);
        var labels = CocoLabels.ByName(data, ["background", .. names]);
        string[] pairs =
        [
            .. Enumerable
                .Range(1, names.Length)
                .Where(labels.HasCategoryOf)
                .Select(label => (Id: labels.CategoryOf(label), label))
                .OrderBy(pair => pair.Id)
                .Select(pair => $"{pair.Id}:{pair.label}"),
        ];
        string doubled = labels.Doubled.IsEmpty ? "" : $"doubled {string.Join(' ', labels.Doubled.Select(category => category.Id))}";
        Assert.Equal(expected, string.Join(' ', pairs) + doubled);
        Assert.Equal(labels.Doubled, labels.Unknown);
        Assert.Empty(labels.Idle);
    }

    [Theory]
    [InlineData(new[] { "helmet", "helmet", "vest" }, new[] { 1 }, new[] { 1 }, new[] { "background", "helmet", "vest" })]
    [InlineData(new[] { "gear", "helmet", "vest" }, new[] { 1 }, new[] { 1 }, new[] { "background", "helmet", "vest" })]
    [InlineData(new[] { "gear", "helmet", "vest" }, new[] { 1 }, new[] { 0 }, new[] { "background", "gear", "helmet", "vest" })]
    [InlineData(new[] { "helmet", "helmet" }, new[] { 0, 1 }, new[] { 1 }, new[] { "background", "helmet", "helmet" })]
    public void A_category_0_counts_where_objects_have_it(string[] categories, int[] trained, int[] measured, string[] expected) =>
        Assert.Equal(expected, CocoLabels.ForTraining(Named(categories, trained), Named(categories, measured)).Names);

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
