using System.Collections.Immutable;

namespace Pqf.Nets.Coco;

/// <summary>Objects and detections of one class in one image.</summary>
sealed record CocoPair(CocoImage Image, int CategoryId, ImmutableArray<CocoAnnotation> Objects, ImmutableArray<CocoDetection> Detections);

/// <summary>One range of areas: how many objects there are, and for each detection a bit per overlap.</summary>
/// <param name="ObjectCount">Objects to be found: crowds and other areas apart.</param>
/// <param name="Matched">Bit t: the detection found an object at overlap t.</param>
/// <param name="Ignored">Bit t: the detection counts neither as right nor as wrong at overlap t.</param>
readonly record struct AreaMatch(int ObjectCount, int[] Matched, int[] Ignored);

/// <summary>How the detections of one class in one image match its objects.</summary>
/// <param name="CategoryId">The class.</param>
/// <param name="Scores">By falling score, at most 100.</param>
/// <param name="Areas">By <see cref="AreaRange"/>.</param>
sealed record PairMatch(int CategoryId, double[] Scores, AreaMatch[] Areas)
{
    public static PairMatch Of(CocoPair pair, CocoTask task)
    {
        // Stable, and what is not a number comes last.
        CocoDetection[] detections =
        [
            .. pair.Detections.OrderByDescending(detection => detection.Score).Take(CocoThresholds.MostDetections),
        ];
        double[] areas =
        [
            .. detections.Select(detection => task == CocoTask.BoundingBox ? detection.Box!.Value.Area : detection.Mask!.Area),
        ];
        double[,] overlaps = Overlaps(pair, detections, task);
        return new(
            pair.CategoryId,
            [.. detections.Select(detection => detection.Score)],
            [.. Enumerable.Range(0, CocoThresholds.AreaRangeCount).Select(range => Match(pair.Objects, (AreaRange)range, areas, overlaps))]
        );
    }

    static double[,] Overlaps(CocoPair pair, CocoDetection[] detections, CocoTask task)
    {
        double[,] overlaps = new double[detections.Length, pair.Objects.Length];
        for (int j = 0; detections.Length > 0 && j < pair.Objects.Length; j++)
        {
            var annotation = pair.Objects[j];
            var mask = task == CocoTask.Segmentation ? annotation.Segmentation.ToRle(pair.Image.Height, pair.Image.Width) : null;
            for (int i = 0; i < detections.Length; i++)
                overlaps[i, j] =
                    mask is null ? Overlap(detections[i].Box!.Value, annotation)
                    : annotation.IsCrowd ? detections[i].Mask!.CoveredBy(mask)
                    : detections[i].Mask!.IoU(mask);
        }

        return overlaps;
    }

    static double Overlap(CocoBox box, CocoAnnotation annotation)
    {
        double shared = box.IntersectionArea(annotation.Box);
        return shared == 0 ? 0 : shared / (annotation.IsCrowd ? box.Area : box.Area + annotation.Box.Area - shared);
    }

    static AreaMatch Match(ImmutableArray<CocoAnnotation> objects, AreaRange range, double[] areas, double[,] overlaps)
    {
        bool[] isIgnored = [.. objects.Select(item => item.IsCrowd || !range.Contains(item.Area))];
        // Those that count come first; otherwise the file's order.
        int[] order = [.. Enumerable.Range(0, objects.Length).OrderBy(j => isIgnored[j])];
        int[] matched = new int[areas.Length],
            ignored = new int[areas.Length];
        bool[] isTaken = new bool[objects.Length];
        for (int t = 0; t < CocoThresholds.Overlaps.Length; t++)
        {
            Array.Clear(isTaken);
            for (int i = 0; i < areas.Length; i++)
            {
                int best = Best(i, CocoThresholds.Overlaps[t], objects, order, isIgnored, isTaken, overlaps);
                if (best >= 0)
                {
                    isTaken[best] = true;
                    matched[i] |= 1 << t;
                }

                if (best >= 0 ? isIgnored[best] : !range.Contains(areas[i]))
                    ignored[i] |= 1 << t;
            }
        }

        return new(isIgnored.Count(value => !value), matched, ignored);
    }

    /// <summary>The object that detection i overlaps most, at least by the threshold, of those that are free; −1 if there is none. A crowd
    /// is always free, but comes last.</summary>
    static int Best(
        int i,
        double threshold,
        ImmutableArray<CocoAnnotation> objects,
        int[] order,
        bool[] isIgnored,
        bool[] isTaken,
        double[,] overlaps
    )
    {
        int best = -1;
        double most = threshold;
        foreach (int j in order)
        {
            if (isTaken[j] && !objects[j].IsCrowd)
                continue;
            if (best >= 0 && isIgnored[j] && !isIgnored[best])
                break;
            // Of equal overlaps the later object wins, as in the API.
            if (overlaps[i, j] >= most)
                (best, most) = (j, overlaps[i, j]);
        }

        return best;
    }
}
