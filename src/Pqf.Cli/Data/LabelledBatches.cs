using Pqf.Cli.Models;
using Pqf.Cli.Shell;
using Pqf.Compression.Training;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Cli.Data;

/// <summary>Batches to train and validate a classifier on. What a batch holds depends on the run's key, the epoch and the batch's number
/// alone.</summary>
/// <param name="run">Loader threads, random key, cancellation.</param>
/// <param name="sets">Images.</param>
/// <param name="preprocessing">How they are prepared.</param>
/// <param name="batchSize">Most images of a batch.</param>
/// <param name="progress">Told how far a validation is.</param>
sealed class LabelledBatches(RunContext run, TrainingSets sets, Preprocessing preprocessing, int batchSize, ValidationProgress progress)
{
    readonly SortedSet<string> skipped = new(StringComparer.Ordinal);

    /// <summary>Batches of an epoch.</summary>
    public int BatchCount => (sets.Train.Count + batchSize - 1) / batchSize;

    /// <summary>Images left out so far.</summary>
    public int SkippedCount => skipped.Count;

    /// <summary>The batches, for a trainer.</summary>
    public LabelledData Data => new(Classifier.InputShape(preprocessing, batchSize), Epoch, Validation);

    IEnumerable<Result<LabelledBatch, PqfError>> Epoch(int epoch, int firstBatch)
    {
        var key = run.Key.Fold("epoch").Fold((ulong)epoch);
        int[] order = run.Config.Dataloader.TrainShuffle
            ? key.Fold("order").Permutation(sets.Train.Count)
            : [.. Enumerable.Range(0, sets.Train.Count)];
        return Load(
                sets.Train,
                order[Math.Min(order.Length, firstBatch * batchSize)..],
                index => new Variation(run.Config.Preprocessing.Augmentation, key.Fold("image").Fold((ulong)index))
            )
            .Select(batch => batch.Bind<LabelledBatch>(found => found.Classes.Length > 0 ? found : NothingLeft()));
    }

    IEnumerable<Result<LabelledBatch, PqfError>> Validation()
    {
        int done = 0;
        foreach (var batch in Load(sets.Validation, [.. Enumerable.Range(0, sets.Validation.Count)], _ => null))
        {
            if (batch is not Result<LabelledBatch, PqfError>.Ok { Value.Classes.Length: 0 })
                yield return batch;
            progress.Report(Math.Min(sets.Validation.Count, done += batchSize));
        }
    }

    IEnumerable<Result<LabelledBatch, PqfError>> Load(ImageSet images, int[] order, Func<int, Variation?> vary) =>
        ImageBatches
            .Load(
                order.Length,
                Preprocess.InputCount(preprocessing),
                (i, input) => images.Prepare(order[i], preprocessing, vary(order[i]), input),
                new Loading(batchSize, Evaluation.LoaderThreads(run), 2, run.Config.Dataloader.SkipCorrupt),
                run.Cancellation
            )
            .Select(result => result.Map(batch => Labelled(images, order, batch)));

    LabelledBatch Labelled(ImageSet images, int[] order, ImageBatch batch)
    {
        foreach (var error in batch.Skipped.Values)
            if (skipped.Add(error.Message))
                run.Note($"skipped {error.Message}");
        var kept = Enumerable.Range(0, batch.Count + batch.Skipped.Count).Where(i => !batch.Skipped.ContainsKey(i));
        return new(batch.Pixels, kept.Select(i => images.ClassOf(order[batch.First + i])).ToArray());
    }

    PqfError.File NothingLeft() =>
        new(run.Config.Dataloader.ImagenetPath ?? "", $"none of the {batchSize} images of a batch can be decoded");
}
