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
                        (i, input) => Prepare(images, preprocessing, order, i, input, options.Skipped),
                        new Loading(batchSize, options.LoaderThreadCount),
                        cancellation
                    )
                    .Select(batch => batch.Map(found => found.Pixels))
        );
    }

    /// <summary>Prepares an image; where that is asked for, the next one that can be decoded in place of one that cannot, so that batches
    /// keep their size.</summary>
    static Result<Unit, PqfError> Prepare(
        ImageSet images,
        Preprocessing preprocessing,
        ImmutableArray<int> order,
        int place,
        Memory<float> input,
        SkippedImages? skipped
    )
    {
        var result = images.Prepare(order[place], preprocessing, null, input);
        for (int more = 1; skipped is not null && more <= order.Length && result is Result<Unit, PqfError>.Error(var error); more++)
        {
            skipped.Add(error);
            if (more < order.Length)
                result = images.Prepare(order[(place + more) % order.Length], preprocessing, null, input);
        }

        return result;
    }
}
