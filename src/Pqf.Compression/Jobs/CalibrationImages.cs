using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Steps;
using Pqf.Nets.Images;

namespace Pqf.Compression.Jobs;

/// <summary>Unlabelled images on which norms are estimated.</summary>
static class CalibrationImages
{
    /// <summary>Most images used: the averages over so many change no more.</summary>
    const int MaxImages = 1024;

    /// <summary>A random 1,024 of some images, or all if there are fewer, in batches of the full size.</summary>
    /// <param name="images">Whose classes are not looked at.</param>
    /// <param name="preprocessing">How they are prepared.</param>
    /// <param name="options">Sizes, threads and the key that draws them.</param>
    /// <param name="cancellation">Ends the loading with an <see cref="OperationCanceledException"/>.</param>
    public static NormImages Of(ImageSet images, Preprocessing preprocessing, CompressOptions options, CancellationToken cancellation)
    {
        ImmutableArray<int> order = [.. options.Key.Fold("calibration").Permutation(images.Count).Take(MaxImages)];
        int batchSize = Math.Max(1, Math.Min(options.BatchSize, order.Length)),
            count = order.Length / batchSize * batchSize;
        return new(
            preprocessing.InputShape(batchSize),
            count / batchSize,
            () =>
                ImageBatches
                    .Load(
                        count,
                        Preprocess.InputCount(preprocessing),
                        (i, input) => images.Prepare(order[i], preprocessing, null, input),
                        new Loading(batchSize, options.LoaderThreadCount),
                        cancellation
                    )
                    .Select(batch => batch.Map(found => found.Pixels))
        );
    }
}
