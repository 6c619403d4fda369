using System.Collections.Immutable;
using Pqf.Compression.Jobs;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>How large the micro-batches of a training are, of any kind of network.</summary>
static class MicroBatches
{
    const string Key = "dataloader.micro_batch";

    /// <summary>Images of a micro-batch.</summary>
    /// <param name="options">The training.</param>
    /// <param name="batchSize">Images of a batch.</param>
    public static int Size(TrainOptions options, int batchSize) => Math.Min(options.MicroBatch ?? int.MaxValue, batchSize);

    /// <summary>Whether batches can be cut into micro-batches, one for each rank at least.</summary>
    /// <param name="options">The training.</param>
    /// <param name="defaultSize">Images of a batch where the options do not say.</param>
    /// <param name="imageCount">Images that there are: a batch has no more.</param>
    /// <param name="epochCount">Images of an epoch, which may take each several times.</param>
    public static Result<Unit, PqfError> Check(TrainOptions options, int defaultSize, int imageCount, int epochCount)
    {
        int asked = options.BatchSize ?? defaultSize,
            batchSize = Math.Min(asked, imageCount),
            micro = Size(options, batchSize),
            count = Division.Ceil(batchSize, micro);
        if (options.MicroBatch is { } size && asked % size != 0)
            return Refused($"expected a divisor of dataloader.batch_size ({asked}), got {size}");
        if (batchSize % micro != 0 && epochCount > batchSize)
            return Refused($"expected a divisor of {batchSize}, the images of a batch as there are no more, got {micro}");
        return count < options.Ranks.Size
            ? Refused(
                $"expected a micro-batch for each of the {options.Ranks.Size} ranks: batches of {batchSize} images in micro-batches of "
                    + $"{micro} are {count}"
            )
            : default(Unit);
    }

    /// <summary>Settings that a run is stored with. States of runs from before the key existed resume as with the default.</summary>
    /// <param name="settings">Others.</param>
    /// <param name="options">The training.</param>
    /// <param name="batchSize">Images of a batch.</param>
    public static ImmutableSortedDictionary<string, string> Stored(
        ImmutableSortedDictionary<string, string> settings,
        TrainOptions options,
        int batchSize
    )
    {
        int micro = Size(options, batchSize);
        return micro == batchSize ? settings : settings.Add(Key, $"{micro}");
    }

    static PqfError.Config Refused(string problem) => new("configuration", Key, problem);
}
