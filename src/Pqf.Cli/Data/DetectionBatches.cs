using Pqf.Tensors;

namespace Pqf.Cli.Data;

/// <summary>Batches of images and objects to train a detector on, loaded ahead on other threads. What a batch holds depends on key, epoch and the batch's number alone.</summary>
/// <param name="folder">The images.</param>
/// <param name="batchSize">Images of a batch; the last one of an epoch may have fewer.</param>
/// <param name="isShuffled">Whether each epoch has an order of its own.</param>
/// <param name="key">Draws orders and mirrors.</param>
sealed class DetectionBatches(CocoFolder folder, int batchSize, bool isShuffled, RngKey key)
{
    // torchvision's references for detection: RandomHorizontalFlip(0.5).
    const double FlipProbability = 0.5;

    /// <summary>Batches of an epoch.</summary>
    public int BatchCount => (folder.Images.Length + batchSize - 1) / batchSize;

    /// <summary>The batches of an epoch.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="firstBatch">From 0.</param>
    /// <param name="threadCount">Images that are decoded while a batch is in use, at least 1.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    /// <returns>The first image that cannot be loaded gives an error that names it in place of its batch, and ends the enumeration.</returns>
    public IEnumerable<Result<DetectionExample[], PqfError>> Epoch(int epoch, int firstBatch, int threadCount, CancellationToken cancellationToken)
    {
        var its = key.Fold("epoch").Fold((ulong)epoch);
        int[] all = isShuffled ? its.Fold("order").Permutation(folder.Images.Length) : [.. Enumerable.Range(0, folder.Images.Length)];
        int[] order = all[Math.Min(all.Length, firstBatch * batchSize)..];
        var batch = new List<DetectionExample>();
        int loaded = 0;
        foreach (var example in Ahead.Make(order.Length, Math.Max(threadCount, batchSize), i => folder.Load(order[i], IsFlipped(its, order[i])), cancellationToken))
        {
            if (example is Result<DetectionExample, PqfError>.Error error)
            {
                yield return error.Value;
                yield break;
            }

            batch.Add(((Result<DetectionExample, PqfError>.Ok)example).Value);
            if (++loaded != order.Length && batch.Count < batchSize)
                continue;
            yield return batch.ToArray();
            batch.Clear();
        }
    }

    static bool IsFlipped(RngKey epoch, int index) => epoch.Fold("flip").Uniform((ulong)index) < FlipProbability;
}
