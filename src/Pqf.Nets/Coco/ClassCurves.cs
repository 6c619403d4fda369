namespace Pqf.Nets.Coco;

/// <summary>Precision and recall of one class over all images.</summary>
sealed class ClassCurves
{
    // The API adds it to the count that it divides by, so that 0 of 0 is 0; perfect detections lose the last bit by it.
    const double Epsilon = 1.0 / (1L << 52);

    static readonly int OverlapCount = CocoThresholds.Overlaps.Length;

    readonly PairMatch[] images;
    readonly double[][] precision;

    /// <summary>Draws the curves.</summary>
    /// <param name="images">Matches of the class, by image.</param>
    public ClassCurves(PairMatch[] images)
    {
        this.images = images;
        double[] scores = [.. images.SelectMany(image => image.Scores)];
        int[] order = [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i])];
        precision = [.. Enumerable.Range(0, CocoThresholds.AreaRangeCount).Select(range => Precisions((AreaRange)range, order))];
    }

    /// <summary>The class.</summary>
    public int CategoryId => images[0].CategoryId;

    /// <summary>Objects of any size, crowds left out.</summary>
    public int Objects => ObjectCount(AreaRange.All);

    /// <summary>Mean precision over all recalls, by overlap; nothing if there are no objects.</summary>
    public IReadOnlyList<double> Precision(AreaRange range) => precision[(int)range];

    /// <summary>Recall, by overlap; nothing if there are no objects.</summary>
    /// <param name="range">Sizes of the objects.</param>
    /// <param name="limit">Detections of an image that count, best first.</param>
    public IEnumerable<double> Recall(AreaRange range, int limit)
    {
        double objects = ObjectCount(range);
        int Right(int t) =>
            images.Sum(image =>
                Enumerable.Range(0, Math.Min(limit, image.Scores.Length)).Count(i => IsRight(image.Areas[(int)range], i, t))
            );
        return objects == 0 ? [] : Enumerable.Range(0, OverlapCount).Select(t => Right(t) / objects);
    }

    int ObjectCount(AreaRange range) => images.Sum(image => image.Areas[(int)range].ObjectCount);

    double[] Precisions(AreaRange range, int[] order)
    {
        int objects = ObjectCount(range);
        if (objects == 0)
            return [];
        int[] matched = [.. images.SelectMany(image => image.Areas[(int)range].Matched)],
            ignored = [.. images.SelectMany(image => image.Areas[(int)range].Ignored)];
        var all = new AreaMatch(objects, [.. order.Select(i => matched[i])], [.. order.Select(i => ignored[i])]);
        return [.. Enumerable.Range(0, OverlapCount).Select(t => MeanPrecision(all, t))];
    }

    /// <summary>The mean of the precision at COCO's recalls, where the precision at a recall is the best at that or any higher
    /// one.</summary>
    static double MeanPrecision(AreaMatch match, int t)
    {
        int count = match.Matched.Length,
            right = 0,
            wrong = 0;
        double[] recall = new double[count],
            best = new double[count];
        for (int i = 0; i < count; i++)
        {
            if (IsRight(match, i, t))
                right++;
            else if (!Has(match.Ignored[i], t))
                wrong++;
            recall[i] = (double)right / match.ObjectCount;
            best[i] = right / (wrong + right + Epsilon);
        }

        for (int i = count - 2; i >= 0; i--)
            best[i] = Math.Max(best[i], best[i + 1]);
        double sum = 0;
        int at = 0;
        foreach (double threshold in CocoThresholds.Recalls)
        {
            while (at < count && recall[at] < threshold)
                at++;
            sum += at < count ? best[at] : 0;
        }

        return sum / CocoThresholds.Recalls.Length;
    }

    static bool IsRight(AreaMatch match, int i, int t) => Has(match.Matched[i], t) && !Has(match.Ignored[i], t);

    static bool Has(int bits, int t) => ((bits >> t) & 1) == 1;
}
