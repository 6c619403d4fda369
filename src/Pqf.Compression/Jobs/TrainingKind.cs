using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Opens the images of a training.</summary>
/// <typeparam name="TBatch">Examples of one step.</typeparam>
public delegate Result<TrainingKind<TBatch>, PqfError> OpenTraining<TBatch>(TrainingRun run);

/// <summary>What the training of one kind of network has of its own; all else is <see cref="TrainJob"/>'s.</summary>
/// <typeparam name="TBatch">Examples of one step.</typeparam>
public sealed record TrainingKind<TBatch>
{
    /// <summary>Images to train on.</summary>
    public required int ImageCount { get; init; }

    /// <summary>Images to validate on.</summary>
    public required int ValidationCount { get; init; }

    /// <summary>Most images of a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Batches of an epoch.</summary>
    public required int BatchCount { get; init; }

    /// <summary>What a validation measures, by name; the first decides by default which epoch is the best.</summary>
    public required ImmutableArray<string> Measured { get; init; }

    /// <summary>Settings that only this kind has and that a resumed run must have in common with its beginning.</summary>
    public required ImmutableSortedDictionary<string, string> Settings { get; init; }

    /// <summary>What a person should know of the images, a line each.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>The network to begin with.</summary>
    public required Func<Result<Network, PqfError>> Start { get; init; }

    /// <summary>The images as a network needs them, or why they do not fit it.</summary>
    public required Func<PqfModel, Result<TrainingData<TBatch>, PqfError>> For { get; init; }
}

/// <summary>Images as a network needs them.</summary>
/// <typeparam name="TBatch">Examples of one step.</typeparam>
public sealed record TrainingData<TBatch>
{
    /// <summary>Images on which a network is calibrated before it is trained; null leaves it as it is.</summary>
    public ImageSet? CalibrationImages { get; init; }

    /// <summary>Measures a network by all processes of the run; reports the number of images done.</summary>
    public required Func<PqfModel, Result<Metrics, PqfError>> Validate { get; init; }

    /// <summary>The same by one process, while the others of the run wait.</summary>
    public required Func<PqfModel, Result<Metrics, PqfError>> ValidateAlone { get; init; }

    /// <summary>The training of a network, whose values the steps overwrite.</summary>
    public required Func<PqfModel, Result<TrainingTask<TBatch>, PqfError>> Task { get; init; }
}
