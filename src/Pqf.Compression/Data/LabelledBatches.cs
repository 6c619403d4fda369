using Pqf.Compression.Collectives;
using Pqf.Compression.Training;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>How batches are made of labelled images.</summary>
public sealed record BatchOptions
{
    /// <summary>Most images of a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Images that are in memory together; null for a whole batch.</summary>
    public int? MicroBatch { get; init; }

    /// <summary>Who has the other images of each batch.</summary>
    public ICollective Ranks { get; init; } = Alone.Instance;

    /// <summary>Threads that decode, at least 1.</summary>
    public int ThreadCount { get; init; } = 1;

    /// <summary>Each epoch has an order of its own.</summary>
    public bool IsShuffled { get; init; } = true;

    /// <summary>How training images vary.</summary>
    public Augmentation Augmentation { get; init; } = new();

    /// <summary>Receives images that cannot be decoded and are left out; without it such an image is an error.</summary>
    public SkippedImages? Skipped { get; init; }

    /// <summary>Receives the number of images validated so far.</summary>
    public Action<int> Validated { get; init; } = _ => { };
}

/// <summary>Batches to train and validate a classifier on. What a batch holds depends on the key, the epoch and the batch's number
/// alone.</summary>
/// <param name="sets">Images.</param>
/// <param name="preprocessing">How they are prepared.</param>
/// <param name="options">Sizes, order and threads.</param>
/// <param name="key">Draws orders and variations.</param>
/// <param name="cancellation">Ends the loading with an <see cref="OperationCanceledException"/>.</param>
public sealed class LabelledBatches(
    TrainingSets sets,
    Preprocessing preprocessing,
    BatchOptions options,
    RngKey key,
    CancellationToken cancellation = default
)
{
    // Batches that are prepared while one is in use.
    const int LookAhead = 2;

    /// <summary>Batches of an epoch.</summary>
    public int BatchCount => (sets.Train.Count + options.BatchSize - 1) / options.BatchSize;

    /// <summary>The batches, for a trainer.</summary>
    public LabelledData Data =>
        new(preprocessing.InputShape(MicroBatch), Epoch, Validation)
        {
            Cut = MicroBatch == options.BatchSize && options.Ranks.Size == 1 ? null : Cut,
            Ranks = options.Ranks,
        };

    /// <summary>The same batches for one process, while the others of the run wait.</summary>
    public LabelledData Alone =>
        new LabelledBatches(sets, preprocessing, options with { Ranks = Collectives.Alone.Instance }, key, cancellation).Data;

    int MicroBatch => Math.Min(options.BatchSize, options.MicroBatch ?? options.BatchSize);

    StepCut Cut => new(sets.Train.Count, options.BatchSize, MicroBatch, options.Ranks.Rank, options.Ranks.Size);

    IEnumerable<Result<LabelledBatch, PqfError>> Epoch(int epoch, int firstBatch)
    {
        var its = key.Fold("epoch").Fold((ulong)epoch);
        int[] order = options.IsShuffled ? its.Fold("order").Permutation(sets.Train.Count) : [.. Enumerable.Range(0, sets.Train.Count)];
        return Load(
                sets.Train,
                [.. Cut.Images(firstBatch).Select(place => order[place])],
                index => new Variation(options.Augmentation, its.Fold("image").Fold((ulong)index))
            )
            .Select(batch => batch.Bind<LabelledBatch>(found => found.Classes.Length > 0 ? found : NothingLeft()));
    }

    IEnumerable<Result<LabelledBatch, PqfError>> Validation()
    {
        int done = 0,
            count = sets.Validation.Count;
        var (first, own) = StepCut.Share(Division.Ceil(count, MicroBatch), options.Ranks.Rank, options.Ranks.Size);
        var images = Enumerable.Range(0, count).Skip(first * MicroBatch).Take(own * MicroBatch);
        foreach (var batch in Load(sets.Validation, [.. images], _ => null))
        {
            if (batch is not Result<LabelledBatch, PqfError>.Ok { Value.Classes.Length: 0 })
                yield return batch;
            options.Validated(Math.Min(count, (done += MicroBatch) * options.Ranks.Size));
        }
    }

    IEnumerable<Result<LabelledBatch, PqfError>> Load(ImageSet images, int[] order, Func<int, Variation?> vary) =>
        ImageBatches
            .Load(
                order.Length,
                Preprocess.InputCount(preprocessing),
                (i, input) => images.Prepare(order[i], preprocessing, vary(order[i]), input),
                new Loading(MicroBatch, options.ThreadCount, LookAhead, options.Skipped is not null),
                cancellation
            )
            .Select(result => result.Map(batch => Labelled(images, order, batch)));

    LabelledBatch Labelled(ImageSet images, int[] order, ImageBatch batch)
    {
        foreach (var error in batch.Skipped.Values)
            options.Skipped?.Add(error);
        var kept = Enumerable.Range(0, batch.Count + batch.Skipped.Count).Where(i => !batch.Skipped.ContainsKey(i));
        return new(batch.Pixels, kept.Select(i => images.ClassOf(order[batch.First + i])).ToArray());
    }

    PqfError.File NothingLeft() => new(sets.Path, $"none of the {MicroBatch} images of a batch can be decoded");
}
