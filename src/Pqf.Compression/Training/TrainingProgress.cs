using System.Collections.Immutable;

namespace Pqf.Compression.Training;

/// <summary>What one epoch gave.</summary>
/// <param name="Number">Counted from 0.</param>
/// <param name="Training">Over its batches, each before its step.</param>
/// <param name="Validation">After it.</param>
/// <param name="LearningRate">Of its last step.</param>
public sealed record EpochRecord(int Number, Metrics Training, Metrics Validation, double LearningRate);

/// <summary>How far a run is: with the tensors, all that is needed to go on.</summary>
/// <param name="Epoch">Counted from 0: the epoch of the next step.</param>
/// <param name="Batch">Counted from 0: the batch of the next step.</param>
/// <param name="Training">Over the batches of the epoch so far.</param>
/// <param name="Epochs">Of the epochs done.</param>
public sealed record TrainingProgress(int Epoch, int Batch, Metrics Training, ImmutableArray<EpochRecord> Epochs)
{
    /// <summary>Nothing done.</summary>
    public static TrainingProgress Start { get; } = new(0, 0, default, []);

    /// <summary>The epoch with the most accurate validation, the first of equals; null before the first has ended.</summary>
    public EpochRecord? Best => Epochs.MaxBy(epoch => epoch.Validation.Accuracy);

    /// <summary>One more step.</summary>
    internal TrainingProgress After(Metrics batch) => this with { Batch = Batch + 1, Training = Training + batch };

    /// <summary>One more epoch.</summary>
    internal TrainingProgress After(EpochRecord epoch) => new(Epoch + 1, 0, default, Epochs.Add(epoch));
}
