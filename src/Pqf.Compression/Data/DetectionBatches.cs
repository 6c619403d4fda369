using Pqf.Compression.Collectives;
using Pqf.Compression.Training;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>Batches of images and objects to train a detector on, prefetched on other threads. What a batch holds depends on key, epoch
/// and the batch's number alone.</summary>
/// <param name="folder">The images.</param>
/// <param name="batchSize">Images of a batch; the last one of an epoch may have fewer.</param>
/// <param name="isShuffled">Whether each pass has an order of its own.</param>
/// <param name="passes">How often an epoch takes each image, at least once.</param>
/// <param name="key">Draws orders and mirrors.</param>
/// <param name="skipped">Receives images that cannot be loaded and are left out of their batch; without it such an image is an
/// error.</param>
/// <param name="microBatch">Images that are in memory together; divides the batch size, or an epoch is one batch. Null for a whole
/// batch.</param>
/// <param name="ranks">Who has the other micro-batches of each batch; null for a run of one process.</param>
public sealed class DetectionBatches(
    CocoFolder folder,
    int batchSize,
    bool isShuffled,
    int passes,
    RngKey key,
    SkippedImages? skipped = null,
    int? microBatch = null,
    ICollective? ranks = null
)
{
    // torchvision's references for detection: RandomHorizontalFlip(0.5).
    const double FlipProbability = 0.5;

    /// <summary>Batches of an epoch.</summary>
    public int BatchCount => Cut.StepCount;

    /// <summary>How an epoch is cut into batches and micro-batches.</summary>
    public StepCut Cut => new(passes * folder.Images.Length, batchSize, MicroBatch, ranks?.Rank ?? 0, ranks?.Size ?? 1);

    int MicroBatch => microBatch ?? batchSize;

    /// <summary>This rank's micro-batches of an epoch.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="firstBatch">From 0.</param>
    /// <param name="threadCount">Threads that decode, at least 1.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <returns>The first image that cannot be loaded, or, where those are left out, the first batch of which nothing is left, gives an
    /// error in place of its batch and ends the enumeration.</returns>
    public IEnumerable<Result<DetectionExample[], PqfError>> Epoch(
        int epoch,
        int firstBatch,
        int threadCount,
        CancellationToken cancellationToken
    )
    {
        var its = key.Fold("epoch").Fold((ulong)epoch);
        (int Image, bool IsFlipped)[] all =
        [
            .. Enumerable.Range(0, passes).SelectMany(pass => Pass(pass == 0 ? its : its.Fold("pass").Fold((ulong)pass))),
        ];
        (int Image, bool IsFlipped)[] order = [.. Cut.Images(firstBatch).Select(place => all[place])];
        var groups = Prefetch.Groups(
            order.Length,
            // As many batches as keep all threads at work while one is in use.
            new PrefetchOptions(MicroBatch, threadCount, 1 + Division.Ceil(threadCount, MicroBatch)),
            i => folder.Load(order[i].Image, order[i].IsFlipped),
            cancellationToken
        );
        foreach (var group in groups)
        {
            PqfError? last = null;
            foreach (var error in group.OfType<Result<DetectionExample, PqfError>.Error>())
            {
                last = error.Value;
                if (skipped is null)
                    break;
                skipped.Add(last);
            }

            DetectionExample[] batch = [.. group.OfType<Result<DetectionExample, PqfError>.Ok>().Select(ok => ok.Value)];
            if (last is not null && (skipped is null || batch.Length == 0))
            {
                yield return last;
                yield break;
            }

            yield return batch;
        }
    }

    /// <summary>Each image once.</summary>
    IEnumerable<(int Image, bool IsFlipped)> Pass(RngKey its) =>
        (isShuffled ? its.Fold("order").Permutation(folder.Images.Length) : Enumerable.Range(0, folder.Images.Length)).Select(image =>
            (image, its.Fold("flip").Uniform((ulong)image) < FlipProbability)
        );
}
