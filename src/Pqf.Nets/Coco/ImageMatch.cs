using System.Collections.Immutable;

namespace Pqf.Nets.Coco;

/// <summary>How the boxes found in an image fit its annotated objects where half of the union must overlap. Crowds, and boxes found on
/// them, count neither way.</summary>
/// <param name="Image">The image.</param>
/// <param name="Categories">Those with an object or a box, in the data set's order.</param>
public sealed record ImageMatch(CocoImage Image, ImmutableArray<CategoryMatch> Categories)
{
    /// <summary>Objects that were found.</summary>
    public int FoundCount => Categories.Sum(item => item.FoundCount);

    /// <summary>Objects that were not found.</summary>
    public int MissedCount => Categories.Sum(item => item.MissedCount);

    /// <summary>Boxes where there is no such object, or where another box has found it already.</summary>
    public int FalseCount => Categories.Sum(item => item.FalseCount);

    /// <summary>Missed objects and false boxes.</summary>
    public int MistakeCount => MissedCount + FalseCount;

    /// <summary>Matches the boxes of each image as <see cref="CocoAp"/> does.</summary>
    /// <param name="truth">What is there.</param>
    /// <param name="detections">What was found and is shown, in any order; those without a box are left out.</param>
    /// <returns>One for each image, in the data set's order.</returns>
    public static ImmutableArray<ImageMatch> Of(CocoInstances truth, IEnumerable<CocoDetection> detections)
    {
        var found = detections
            .Where(detection => detection.Box is not null)
            .ToLookup(detection => (detection.ImageId, detection.CategoryId));
        return
        [
            .. truth.Images.Select(image => new ImageMatch(
                image,
                [
                    .. CocoAp
                        .PairsOf(truth, image, found, CocoTask.BoundingBox)
                        .Select(pair =>
                            CategoryMatch.Of(
                                truth.Categories.First(category => category.Id == pair.CategoryId),
                                PairMatch.Of(pair, CocoTask.BoundingBox).Areas[(int)AreaRange.All]
                            )
                        ),
                ]
            )),
        ];
    }
}

/// <summary>How the boxes of one category in an image fit its objects: see <see cref="ImageMatch"/>.</summary>
/// <param name="Category">The category.</param>
/// <param name="FoundCount">Objects that were found.</param>
/// <param name="MissedCount">Objects that were not found.</param>
/// <param name="FalseCount">Boxes that fit no object.</param>
public sealed record CategoryMatch(CocoCategory Category, int FoundCount, int MissedCount, int FalseCount)
{
    const int Bit = 1 << CocoThresholds.Overlap50;

    internal static CategoryMatch Of(CocoCategory category, AreaMatch match)
    {
        bool[] counts = [.. match.Ignored.Select(bits => (bits & Bit) == 0)],
            fits = [.. match.Matched.Select(bits => (bits & Bit) != 0)];
        int found = counts.Zip(fits).Count(pair => pair.First && pair.Second),
            wrong = counts.Zip(fits).Count(pair => pair.First && !pair.Second);
        return new(category, found, match.ObjectCount - found, wrong);
    }
}
