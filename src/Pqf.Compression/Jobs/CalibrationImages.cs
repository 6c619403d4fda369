using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Steps;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Unlabelled images on which norms are estimated.</summary>
static class CalibrationImages
{
    /// <summary>Most images used: the averages over so many change no more.</summary>
    public const int MostImages = CompressOptions.MostImages;

    /// <summary>A random 1,024 of some images, or all if there are fewer, in batches as equal as their number allows: a last batch of a few
    /// would have statistics of its own.</summary>
    /// <param name="images">Whose classes are not looked at.</param>
    /// <param name="preprocessing">How they are prepared.</param>
    /// <param name="options">Sizes, threads and the key that draws them.</param>
    /// <param name="cancellation">Ends the loading with an <see cref="OperationCanceledException"/>.</param>
    public static NormImages Of(ImageSet images, Preprocessing preprocessing, CompressOptions options, CancellationToken cancellation)
    {
        var order = Order(images, options);
        int count = order.Length,
            batchCount = (count + options.BatchSize - 1) / options.BatchSize,
            batchSize = (count + batchCount - 1) / Math.Max(1, batchCount);
        var views = options.Key.Fold("views");
        return new NormImages(preprocessing.InputShape(Math.Max(1, batchSize)), batchCount, () => Load(_ => null))
        {
            ImageCount = count,
            Varied = view => Load(number => new Variation(Variety, views.Fold((ulong)view).Fold((ulong)number))),
        };

        IEnumerable<Result<InputBatch, PqfError>> Load(Func<int, Variation?> vary) =>
            ImageBatches
                .Load(
                    count,
                    Preprocess.InputCount(preprocessing),
                    (i, input) =>
                        InPlaceOf(order, i, options.Skipped, number => images.Prepare(number, preprocessing, vary(number), input)),
                    new Loading(batchSize, options.LoaderThreadCount),
                    cancellation
                )
                .Select(batch => batch.Map(found => new InputBatch(preprocessing.InputShape(found.Count), found.Pixels)));
    }

    /// <summary>A quarter of the photograph at least, mirrored or not: measured in docs/decisions.md.</summary>
    static Augmentation Variety { get; } = new() { RandomScale = new RandomScale(0.25, 1) };

    /// <summary>The images that are used, in the order in which they are drawn: without those that were found so far not to be
    /// decoded.</summary>
    public static ImmutableArray<int> Order(ImageSet images, CompressOptions options)
    {
        var drawn = options.Key.Fold("calibration").Permutation(images.Count).Take(MostImages);
        return [.. options.Skipped is { } skipped ? drawn.Where(i => images.PathOf(i) is not { } path || !skipped.Has(path)) : drawn];
    }

    /// <summary>Decodes an image; where that is asked for, the next one that can be decoded in place of one that cannot, so that batches
    /// keep their size.</summary>
    /// <param name="order">Numbers of images.</param>
    /// <param name="place">Which of them.</param>
    /// <param name="skipped">Receives those that cannot be decoded; null where such an image is an error.</param>
    /// <param name="decode">Decodes the image of a number.</param>
    public static Result<T, PqfError> InPlaceOf<T>(
        ImmutableArray<int> order,
        int place,
        SkippedImages? skipped,
        Func<int, Result<T, PqfError>> decode
    )
    {
        var result = decode(order[place]);
        for (int more = 1; skipped is not null && more <= order.Length && result is Result<T, PqfError>.Error(var error); more++)
        {
            skipped.Add(error);
            if (more < order.Length)
                result = decode(order[(place + more) % order.Length]);
        }

        return result;
    }
}
