using System.Collections.Immutable;

namespace Pqf.Nets.Coco;

/// <summary>What COCO compares.</summary>
public enum CocoTask
{
    /// <summary>Boxes: detections without one are left out, and a detection is as large as its box.</summary>
    BoundingBox,

    /// <summary>Masks: detections and objects without one are left out, and a detection is as large as its mask.</summary>
    Segmentation,
}

/// <summary>Average precision and recall as COCO measures them.</summary>
/// <remarks>
/// Of each image and class the 100 best detections are matched, best first, each to the object that it overlaps most and that is still
/// free. Crowds, and objects outside the range of areas asked for, take
/// detections without these counting as right or wrong. Equal scores keep the order of the detections. Source: cocodataset.org (detection
/// evaluation); the numbers are the COCO API's.
/// </remarks>
public static class CocoAp
{
    // Of parallel LINQ.
    const int MostThreads = 512;

    /// <summary>Measures detections.</summary>
    /// <param name="truth">What is there.</param>
    /// <param name="detections">What was found, in any order; masks are of their images' sizes.</param>
    /// <param name="task">What is compared.</param>
    /// <param name="threadCount">Threads to use; 0 takes all cores. The result does not depend on it.</param>
    public static AveragePrecision Measure(
        CocoInstances truth,
        IEnumerable<CocoDetection> detections,
        CocoTask task,
        int threadCount = 0
    ) => MeasureClasses(truth, detections, task, threadCount).All;

    /// <summary>Measures detections, of all classes and of each.</summary>
    /// <param name="truth">As for all.</param>
    /// <param name="detections">As for all.</param>
    /// <param name="task">As for all.</param>
    /// <param name="threadCount">As for all.</param>
    /// <returns>The numbers of all classes, and those of each class that has objects, by its number.</returns>
    public static (AveragePrecision All, ImmutableArray<ClassPrecision> Classes) MeasureClasses(
        CocoInstances truth,
        IEnumerable<CocoDetection> detections,
        CocoTask task,
        int threadCount = 0
    )
    {
        var found = detections
            .Where(detection => task == CocoTask.BoundingBox ? detection.Box is not null : detection.Mask is not null)
            .ToLookup(detection => (detection.ImageId, detection.CategoryId));
        // Every pair of image and class is matched on its own, every class is summed up on its own; both keep their order, so the result
        // does not depend on the threads.
        var pairs = truth.Images.SelectMany(image => PairsOf(truth, image, found, task)).ToArray();
        var matches = InOrder(pairs, threadCount).Select(pair => PairMatch.Of(pair, task)).ToArray();
        var classes = InOrder(matches.GroupBy(match => match.CategoryId).OrderBy(group => group.Key), threadCount)
            .Select(group => new ClassCurves([.. group]))
            .ToImmutableArray();
        return (Summarise(classes), [.. classes.Where(item => item.Objects > 0).Select(Summarise)]);
    }

    static ClassPrecision Summarise(ClassCurves item)
    {
        var precision = item.Precision(AreaRange.All);
        return new(
            item.CategoryId,
            item.Objects,
            precision.Average(),
            precision[CocoThresholds.Overlap50],
            precision[CocoThresholds.Overlap75]
        );
    }

    static ParallelQuery<T> InOrder<T>(IEnumerable<T> items, int threadCount) =>
        items
            .AsParallel()
            .AsOrdered()
            .WithDegreeOfParallelism(Math.Min(threadCount > 0 ? threadCount : Environment.ProcessorCount, MostThreads));

    /// <summary>Objects and detections of each class that an image has any of.</summary>
    internal static IEnumerable<CocoPair> PairsOf(
        CocoInstances truth,
        CocoImage image,
        ILookup<(long ImageId, int CategoryId), CocoDetection> found,
        CocoTask task
    )
    {
        var objects = truth
            .AnnotationsOf(image.Id)
            .Where(annotation => task == CocoTask.BoundingBox || annotation.HasMask)
            .ToLookup(annotation => annotation.CategoryId);
        return truth
            .Categories.Select(category => new CocoPair(image, category.Id, [.. objects[category.Id]], [.. found[(image.Id, category.Id)]]))
            .Where(pair => !pair.Objects.IsEmpty || !pair.Detections.IsEmpty);
    }

    static AveragePrecision Summarise(ImmutableArray<ClassCurves> classes)
    {
        double Precision(AreaRange range) => Mean(classes.SelectMany(item => item.Precision(range)));
        double PrecisionAt(int overlap) => Mean(classes.SelectMany(item => item.Precision(AreaRange.All).Skip(overlap).Take(1)));
        double Recall(AreaRange range, int limit) => Mean(classes.SelectMany(item => item.Recall(range, limit)));
        return new(
            Precision(AreaRange.All),
            PrecisionAt(CocoThresholds.Overlap50),
            PrecisionAt(CocoThresholds.Overlap75),
            Precision(AreaRange.Small),
            Precision(AreaRange.Medium),
            Precision(AreaRange.Large),
            Recall(AreaRange.All, 1),
            Recall(AreaRange.All, 10),
            Recall(AreaRange.All, CocoThresholds.MostDetections),
            Recall(AreaRange.Small, CocoThresholds.MostDetections),
            Recall(AreaRange.Medium, CocoThresholds.MostDetections),
            Recall(AreaRange.Large, CocoThresholds.MostDetections)
        );
    }

    static double Mean(IEnumerable<double> values) => values.DefaultIfEmpty(-1).Average();
}
