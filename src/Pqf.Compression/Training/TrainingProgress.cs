using System.Collections.Immutable;

namespace Pqf.Compression.Training;

/// <summary>What one epoch gave.</summary>
/// <param name="Number">Counted from 1: epochs done after it.</param>
/// <param name="Training">Over its batches, each before its step.</param>
/// <param name="Validation">After it.</param>
/// <param name="Score">What of the validation decides which epoch is the best; higher is better.</param>
/// <param name="LearningRate">Of its last step.</param>
public sealed record EpochRecord(int Number, Metrics Training, Metrics Validation, double Score, double LearningRate)
{
    /// <summary>What decides between epochs of equal scores, lower is better: the validation's loss, or the training's where validations
    /// measure none.</summary>
    double Loss => LossOf(Validation) ?? LossOf(Training) ?? double.NaN;

    /// <summary>Whether this epoch is better than an earlier one: by its score, of equal scores by its loss. Numbers win over what is not a
    /// number.</summary>
    internal bool IsBetterThan(EpochRecord earlier) =>
        Score == earlier.Score ? Loss < earlier.Loss || (double.IsNaN(earlier.Loss) && !double.IsNaN(Loss))
        : double.IsNaN(earlier.Score) ? !double.IsNaN(Score)
        : Score > earlier.Score;

    /// <summary>A metric as a score, of which higher is better: a loss counts with a minus.</summary>
    /// <param name="metrics">Of a validation.</param>
    /// <param name="name">The metric.</param>
    internal static double ScoreOf(Metrics metrics, string name) => name == Metrics.Loss ? -metrics[name] : metrics[name];

    static double? LossOf(Metrics metrics) => metrics.Means.Any(mean => mean.Name == Metrics.Loss) ? metrics[Metrics.Loss] : null;
}

/// <summary>A validation before the first step.</summary>
/// <param name="Name">Of what: <see cref="Dense"/>, <see cref="Quantised"/>, <see cref="Calibrated"/> or <see cref="Start"/>.</param>
/// <param name="Validation">What it gave.</param>
public sealed record InitialRecord(string Name, Metrics Validation)
{
    /// <summary>Name of the validation of the dense network that the run then compresses.</summary>
    public const string Dense = "dense";

    /// <summary>Name of the validation right after quantising.</summary>
    public const string Quantised = "quantised";

    /// <summary>Name of the validation after calibrating the network that the run has quantised.</summary>
    public const string Calibrated = "calibrated";

    /// <summary>Name of the validation before the first step of a run that quantises nothing.</summary>
    public const string Start = "start";
}

/// <summary>How far a run is: with the tensors, all that is needed to resume.</summary>
/// <param name="Epoch">Counted from 0: the epoch of the next step.</param>
/// <param name="Batch">Counted from 0: the batch of the next step.</param>
/// <param name="Training">Over the batches of the epoch so far.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="Initial">Validations before the first step.</param>
/// <param name="Epochs">Those done.</param>
public sealed record TrainingProgress(
    int Epoch,
    int Batch,
    Metrics Training,
    double LearningRate,
    ImmutableArray<InitialRecord> Initial,
    ImmutableArray<EpochRecord> Epochs
)
{
    /// <summary>Nothing done.</summary>
    public static TrainingProgress Start { get; } = new(0, 0, Metrics.None, 0, [], []);

    /// <summary>The epoch with the best validation; of equal scores the one with the lowest loss, the first of equals; null before the
    /// first has ended.</summary>
    public EpochRecord? Best =>
        Epochs.Aggregate((EpochRecord?)null, (best, epoch) => best is null || epoch.IsBetterThan(best) ? epoch : best);

    /// <summary>The validation of the network that the first step begins with; null where it was not measured.</summary>
    public InitialRecord? Begun => Initial.LastOrDefault(record => record.Name is InitialRecord.Calibrated or InitialRecord.Start);

    /// <summary>Name of that validation.</summary>
    internal string BegunName =>
        Initial.Any(record => record.Name == InitialRecord.Quantised) ? InitialRecord.Calibrated : InitialRecord.Start;

    /// <summary>Epochs since the best one.</summary>
    public int EpochsSinceBest => Best is { } best ? Epochs[^1].Number - best.Number : 0;

    /// <summary>One more step.</summary>
    internal TrainingProgress After(Metrics batch, double rate) =>
        this with
        {
            Batch = Batch + 1,
            Training = Training + batch,
            LearningRate = rate,
        };

    /// <summary>One more epoch.</summary>
    internal TrainingProgress After(EpochRecord epoch) =>
        this with
        {
            Epoch = Epoch + 1,
            Batch = 0,
            Training = Metrics.None,
            Epochs = Epochs.Add(epoch),
        };
}
