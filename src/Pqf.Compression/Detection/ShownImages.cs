using System.Collections.Immutable;
using Pqf.Nets.Coco;

namespace Pqf.Compression.Detection;

/// <summary>Images of a measurement that a report shows: those that teach most.</summary>
/// <param name="Worst">Those with the most mistakes, the most first.</param>
/// <param name="Best">Those that the network does best, among the others.</param>
public sealed record ShownImages(ImmutableArray<ImageMatch> Worst, ImmutableArray<ImageMatch> Best)
{
    /// <summary>The lowest score of boxes that are shown, which decide what counts as found, too.</summary>
    public const double LeastScore = 0.5;

    /// <summary>Images in <see cref="Worst"/> at most.</summary>
    public const int MostWorst = 10;

    /// <summary>Images in <see cref="Best"/> at most.</summary>
    public const int MostBest = 2;

    /// <summary>Boxes that are shown, of each image by falling score.</summary>
    /// <param name="results">All that was found.</param>
    public static ILookup<long, CocoDetection> Boxes(IEnumerable<CocoDetection> results) =>
        results
            .Where(item => item.Box is not null && item.Score >= LeastScore)
            .OrderByDescending(item => item.Score)
            .ToLookup(item => item.ImageId);

    /// <summary>Chooses images. Of equals the earlier ones are taken.</summary>
    /// <param name="truth">What is there.</param>
    /// <param name="results">All that was found.</param>
    public static ShownImages Of(CocoInstances truth, IEnumerable<CocoDetection> results)
    {
        var all = ImageMatch.Of(truth, Boxes(results).SelectMany(group => group));
        ImmutableArray<ImageMatch> worst =
        [
            .. all.Where(item => item.MistakeCount > 0).OrderByDescending(item => item.MistakeCount).Take(MostWorst),
        ];
        return new(
            worst,
            [
                .. all.Except(worst)
                    .Where(item => item.FoundCount > 0)
                    // The share of objects and boxes that fit, and among equal ones the image with more to find.
                    .OrderByDescending(item => 2.0 * item.FoundCount / ((2 * item.FoundCount) + item.MistakeCount))
                    .ThenByDescending(item => item.FoundCount)
                    .Take(MostBest),
            ]
        );
    }
}
