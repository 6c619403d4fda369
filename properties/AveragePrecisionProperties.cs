using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Nets.Coco;
using Pqf.Nets.Masks;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Properties;

/// <summary>Laws of average precision on random images, classes, objects, crowds and detections.</summary>
public class AveragePrecisionProperties
{
    const int Side = 60;

    static readonly Arbitrary<int> Seed = Gen.Choose(0, int.MaxValue - 1).ToArbitrary();

    [Property(MaxTest = 60)]
    public Property Perfect_detections_have_an_average_precision_of_1() =>
        Prop.ForAll(
            Seed,
            seed =>
            {
                var truth = Truth(RngKey.FromSeed(seed));
                CocoDetection[] perfect =
                [
                    .. truth
                        .Images.SelectMany(image => truth.AnnotationsOf(image.Id))
                        .Where(item => !item.IsCrowd)
                        .Select(
                            (item, i) =>
                                new CocoDetection(
                                    item.ImageId,
                                    item.CategoryId,
                                    1 - (0.001 * i),
                                    item.Box,
                                    item.Segmentation.ToRle(Side, Side)
                                )
                        ),
                ];
                if (perfect.Length == 0)
                    return;
                // The API's rule takes the last bit: right / (right + 2⁻⁵²).
                Assert.Equal(1, CocoAp.Measure(truth, perfect, CocoTask.BoundingBox).Ap, 1e-12);
                Assert.Equal(1, CocoAp.Measure(truth, perfect, CocoTask.Segmentation).Ap, 1e-12);
            }
        );

    [Property(MaxTest = 100)]
    public Property A_detection_scored_below_all_others_never_lowers_it() =>
        Prop.ForAll(
            Seed,
            seed =>
            {
                var key = RngKey.FromSeed(seed);
                var truth = Truth(key);
                CocoDetection[] detections =
                [
                    .. Enumerable.Range(0, key.Below(20, 1)).Select(i => Found(truth, key.Fold("found").Fold((ulong)i))),
                ];
                var last = Found(truth, key.Fold("last")) with { Score = -1 };
                foreach (var task in new[] { CocoTask.BoundingBox, CocoTask.Segmentation })
                    Assert.True(CocoAp.Measure(truth, [.. detections, last], task).Ap >= CocoAp.Measure(truth, detections, task).Ap);
            }
        );

    [Property(MaxTest = 60)]
    public Property Only_the_order_of_scores_matters_and_all_numbers_lie_between_0_and_1() =>
        Prop.ForAll(
            Seed,
            seed =>
            {
                var key = RngKey.FromSeed(seed);
                var truth = Truth(key);
                CocoDetection[] detections = [.. Enumerable.Range(0, 15).Select(i => Found(truth, key.Fold((ulong)i)))];
                var measured = CocoAp.Measure(truth, detections, CocoTask.Segmentation);
                Assert.Equal(
                    measured,
                    CocoAp.Measure(truth, detections.Select(item => item with { Score = Math.Exp(item.Score) - 9 }), CocoTask.Segmentation)
                );
                Assert.True(measured.Ap is -1 or >= 0 and <= 1);
                Assert.True(measured.Ap50 >= measured.Ap75 && measured.Ar100 >= measured.Ar10 && measured.Ar10 >= measured.Ar1);
            }
        );

    static CocoInstances Truth(RngKey key)
    {
        int images = 1 + key.Below(3, 1),
            classes = 1 + key.Below(3, 2),
            objects = key.Below(12, 3);
        return new(
            [.. Enumerable.Range(0, images).Select(i => new CocoImage(10 * i, $"{i}.png", Side, Side))],
            [.. Enumerable.Range(0, classes).Select(i => new CocoCategory(1 + (3 * i), $"class {i}"))],
            [
                .. Enumerable
                    .Range(0, objects)
                    .Select(i =>
                    {
                        var its = key.Fold("object").Fold((ulong)i);
                        var mask = Mask(its);
                        var box = mask.BoundingBox;
                        return new CocoAnnotation(
                            i,
                            10 * its.Below(images, 11),
                            1 + (3 * its.Below(classes, 12)),
                            new(box.Left, box.Top, box.Width, box.Height),
                            mask.Area,
                            its.Below(8, 13) == 0,
                            new CocoSegmentation.Runs(mask)
                        );
                    }),
            ]
        );
    }

    static CocoDetection Found(CocoInstances truth, RngKey key)
    {
        // Half of them lie near an object.
        var objects = truth.Images.SelectMany(image => truth.AnnotationsOf(image.Id)).ToArray();
        var near = objects.Length > 0 && key.Below(2, 20) == 0 ? objects[key.Below(objects.Length, 21)] : null;
        var mask = near?.Segmentation.ToRle(Side, Side) ?? Mask(key);
        var box = mask.BoundingBox;
        return new(
            near?.ImageId ?? truth.Images[key.Below(truth.Images.Length, 22)].Id,
            near?.CategoryId ?? truth.Categories[key.Below(truth.Categories.Length, 23)].Id,
            key.Below(10, 24) / 10.0,
            new(box.Left + key.Below(5, 25), box.Top, box.Width, box.Height),
            mask
        );
    }

    static Rle Mask(RngKey key)
    {
        var window = new PixelBox(key.Below(40, 0), key.Below(40, 1), 1 + key.Below(60, 2), 1 + key.Below(60, 3));
        return Rle.FromWindow(
            [.. Enumerable.Range(0, window.Width * window.Height).Select(i => (byte)(i % 11 == 3 ? 0 : 1))],
            window,
            Side,
            Side
        );
    }
}
