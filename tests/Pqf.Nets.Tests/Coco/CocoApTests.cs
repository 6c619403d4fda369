using System.Text.Json;
using Pqf.Nets.Coco;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Coco;

public class CocoApTests
{
    static readonly CocoInstances Small = CocoSamples.Instances(
        CocoSamples.Object(1, new(10, 10, 20, 20)),
        CocoSamples.Object(2, new(50, 10, 20, 20)),
        CocoSamples.Object(3, new(10, 50, 40, 40)) with
        {
            IsCrowd = true,
        }
    );

    [Theory]
    [InlineData(CocoTask.BoundingBox, "bbox")]
    [InlineData(CocoTask.Segmentation, "segm")]
    public void All_numbers_are_those_of_the_COCO_API(CocoTask task, string name)
    {
        var truth = CocoSamples.Read("reference/coco_ap/instances_val2014_100.json");
        string path = SharedData.Path($"reference/coco_ap/instances_val2014_fake{name}100_results.json");
        using var stream = File.OpenRead(path);
        var results = CocoReader.ReadResults(stream, path, truth).Value();
        double[] expected = JsonDocument
            .Parse(File.ReadAllBytes(SharedData.Path("reference/coco_ap/expected.json")))
            .RootElement.GetProperty(name)
            .Deserialize<double[]>()!;
        Assert.Equal(12, expected.Length);
        Assert.All(Numbers(CocoAp.Measure(truth, results, task)).Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-9));
    }

    [Theory]
    [InlineData(CocoTask.BoundingBox, "bbox")]
    [InlineData(CocoTask.Segmentation, "segm")]
    public void The_numbers_of_a_class_are_those_of_its_objects_alone(CocoTask task, string name)
    {
        var truth = CocoSamples.Read("reference/coco_ap/instances_val2014_100.json");
        string path = SharedData.Path($"reference/coco_ap/instances_val2014_fake{name}100_results.json");
        using var stream = File.OpenRead(path);
        var results = CocoReader.ReadResults(stream, path, truth).Value();
        var (all, classes) = CocoAp.MeasureClasses(truth, results, task);
        Assert.InRange(classes.Length, 50, 80);
        Assert.Equal(all.Ap, classes.Average(item => item.Ap), 1e-12);
        Assert.Equal(all.Ap50, classes.Average(item => item.Ap50), 1e-12);
        Assert.Equal(all.Ap75, classes.Average(item => item.Ap75), 1e-12);
        Assert.All(
            classes,
            item =>
            {
                CocoAnnotation[] objects =
                [
                    .. truth.Images.SelectMany(image => truth.AnnotationsOf(image.Id)).Where(one => one.CategoryId == item.CategoryId),
                ];
                var alone = CocoAp.Measure(new CocoInstances(truth.Images, truth.Categories, objects), results, task);
                Assert.Equal(objects.Count(one => !one.IsCrowd), item.ObjectCount);
                Assert.Equal((alone.Ap, alone.Ap50, alone.Ap75), (item.Ap, item.Ap50, item.Ap75));
            }
        );
    }

    [Fact]
    public void One_right_and_one_wrong_detection_of_two_objects_have_the_precision_of_their_order()
    {
        var right = CocoSamples.Found(0.9, new(10, 10, 20, 20));
        var wrong = CocoSamples.Found(0.8, new(70, 70, 5, 5));
        // Recall reaches 1/2: precision is 1 at 0, 0.01, …, 0.5: 51 of 101.
        Assert.Equal(51 / 101.0, CocoAp.Measure(Small, [right, wrong], CocoTask.BoundingBox).Ap, 1e-12);
        Assert.Equal(51 / 101.0 / 2, CocoAp.Measure(Small, [right with { Score = 0.7 }, wrong], CocoTask.BoundingBox).Ap, 1e-12);
        Assert.Equal(0.5, CocoAp.Measure(Small, [right, wrong], CocoTask.BoundingBox).Ar100);
    }

    [Fact]
    public void Equal_scores_keep_their_order()
    {
        var right = CocoSamples.Found(0.5, new(10, 10, 20, 20));
        var wrong = CocoSamples.Found(0.5, new(70, 70, 5, 5));
        Assert.Equal(51 / 101.0, CocoAp.Measure(Small, [right, wrong], CocoTask.BoundingBox).Ap, 1e-12);
        Assert.Equal(51 / 101.0 / 2, CocoAp.Measure(Small, [wrong, right], CocoTask.BoundingBox).Ap, 1e-12);
    }

    [Fact]
    public void A_crowd_takes_any_number_of_detections_that_lie_in_it_and_they_do_not_count()
    {
        var right = CocoSamples.Found(0.9, new(10, 10, 20, 20));
        CocoDetection[] inCrowd = [.. Enumerable.Range(0, 5).Select(i => CocoSamples.Found(0.95, new(12 + i, 55, 10, 10)))];
        Assert.Equal(51 / 101.0, CocoAp.Measure(Small, [right, .. inCrowd], CocoTask.BoundingBox).Ap, 1e-12);
        Assert.Equal(51 / 101.0, CocoAp.Measure(Small, [right, .. inCrowd.Select(CocoSamples.WithMask)], CocoTask.BoundingBox).Ap, 1e-12);
    }

    [Fact]
    public void An_object_is_found_once_and_a_second_detection_of_it_is_wrong()
    {
        var right = CocoSamples.Found(0.9, new(10, 10, 20, 20));
        var measured = CocoAp.Measure(Small, [right, right, CocoSamples.Found(0.5, new(50, 10, 20, 20))], CocoTask.BoundingBox);
        // Precision 1 up to recall 1/2, then 2 of 3.
        Assert.Equal((51 + (50 * 2 / 3.0)) / 101, measured.Ap, 1e-12);
    }

    [Fact]
    public void Sizes_are_told_apart_by_the_file_s_areas_and_a_size_without_objects_is_minus_one()
    {
        var measured = CocoAp.Measure(Small, [CocoSamples.Found(0.9, new(10, 10, 20, 20))], CocoTask.BoundingBox);
        Assert.Equal(51 / 101.0, measured.ApSmall, 1e-12);
        Assert.Equal((-1, -1), (measured.ApMedium, measured.ApLarge));
        Assert.Equal((0.5, -1, -1), (measured.ArSmall, measured.ArMedium, measured.ArLarge));
    }

    [Fact]
    public void Without_detections_all_is_zero_and_without_objects_minus_one()
    {
        Assert.Equal(0, CocoAp.Measure(Small, [], CocoTask.Segmentation).Ap);
        Assert.Equal(-1, CocoAp.Measure(CocoSamples.Instances(), [CocoSamples.Found(1, new(1, 1, 5, 5))], CocoTask.BoundingBox).Ap);
        var crowdOnly = CocoSamples.Instances(CocoSamples.Object(1, new(1, 1, 5, 5)) with { IsCrowd = true });
        Assert.Equal(-1, CocoAp.Measure(crowdOnly, [CocoSamples.Found(1, new(1, 1, 5, 5))], CocoTask.BoundingBox).Ap);
    }

    [Fact]
    public void A_detection_of_a_class_that_is_not_there_does_not_count() =>
        Assert.Equal(
            51 / 101.0,
            CocoAp
                .Measure(
                    Small,
                    [CocoSamples.Found(0.95, new(10, 10, 20, 20)) with { CategoryId = 4 }, CocoSamples.Found(0.9, new(10, 10, 20, 20))],
                    CocoTask.BoundingBox
                )
                .Ap,
            1e-12
        );

    [Fact]
    public void A_detection_without_what_is_compared_is_left_out() =>
        Assert.Equal(0, CocoAp.Measure(Small, [CocoSamples.Found(0.9, new(10, 10, 20, 20))], CocoTask.Segmentation).Ar100);

    [Fact]
    public void A_box_without_an_inside_and_a_score_that_is_no_number_do_no_harm()
    {
        var right = CocoSamples.Found(0.1, new(10, 10, 20, 20));
        var measured = CocoAp.Measure(
            Small,
            [CocoSamples.Found(double.NaN, new(10, 10, 20, 20)), CocoSamples.Found(0.05, new(10, 10, 0, 20)), right],
            CocoTask.BoundingBox
        );
        Assert.Equal(51 / 101.0, measured.Ap, 1e-12);
    }

    [Fact]
    public void More_than_100_detections_of_a_class_in_an_image_do_not_count()
    {
        CocoDetection[] wrong = [.. Enumerable.Range(0, 100).Select(_ => CocoSamples.Found(0.9, new(70, 70, 5, 5)))];
        Assert.Equal(0, CocoAp.Measure(Small, [.. wrong, CocoSamples.Found(0.8, new(10, 10, 20, 20))], CocoTask.BoundingBox).Ar100);
        Assert.Equal(0.5, CocoAp.Measure(Small, [.. wrong[1..], CocoSamples.Found(0.8, new(10, 10, 20, 20))], CocoTask.BoundingBox).Ar100);
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        CocoDetection[] some = [.. Enumerable.Range(0, 30).Select(i => CocoSamples.Found(i % 7, new(2 * i, 10, 20, 20)))];
        var expected = CocoAp.Measure(Small, some, CocoTask.BoundingBox, 1);
        Assert.All((int[])[0, 2, 1024], threads => Assert.Equal(expected, CocoAp.Measure(Small, some, CocoTask.BoundingBox, threads)));
    }

    static double[] Numbers(AveragePrecision ap) =>
        [ap.Ap, ap.Ap50, ap.Ap75, ap.ApSmall, ap.ApMedium, ap.ApLarge, ap.Ar1, ap.Ar10, ap.Ar100, ap.ArSmall, ap.ArMedium, ap.ArLarge];
}
