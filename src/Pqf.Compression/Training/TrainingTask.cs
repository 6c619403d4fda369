using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>What one step's evaluation gives beside loss and gradients.</summary>
/// <param name="Metrics">On the step's examples.</param>
/// <param name="Norms">What norms saw, in the network's order: their running statistics move after the step. Empty where norms are
/// frozen.</param>
public sealed record StepResult(Metrics Metrics, ImmutableArray<NormStatistics> Norms);

/// <summary>A gradient to which nothing will be added in the evaluation of a micro-batch, while those of earlier layers are still to
/// come.</summary>
/// <param name="Name">Of its parameter.</param>
/// <param name="Value">The gradient, which must not be overwritten.</param>
/// <param name="ImageCount">Images of the micro-batch.</param>
public readonly record struct FinalGradient(string Name, Tensor<float> Value, int ImageCount);

/// <summary>What a <see cref="Trainer{TBatch}"/> trains: examples, a loss of them, and a measure of how good the network is.</summary>
/// <typeparam name="TBatch">Examples of one step.</typeparam>
public sealed record TrainingTask<TBatch>
{
    /// <summary>What steps change, in place.</summary>
    public required ImmutableDictionary<string, Tensor<float>> Trainable { get; init; }

    /// <summary>What the learning rate is multiplied by for some of <see cref="Trainable"/>; null for none.</summary>
    public ImmutableDictionary<string, double>? RateFactors { get; init; }

    /// <summary>The batches of an epoch, counted from 0, from a given batch on: equal arguments give equal batches, or a run could not be
    /// resumed.</summary>
    public required Func<int, int, IEnumerable<Result<TBatch, PqfError>>> Epoch { get; init; }

    /// <summary>How <see cref="Epoch"/> cuts its images into steps and micro-batches: it yields this rank's micro-batches. Null where each
    /// batch is a step of a single process.</summary>
    public StepCut? Cut { get; init; }

    /// <summary>Loss, gradients by <see cref="Trainable"/>, and the rest, in the innermost scope; or why the batch cannot be trained
    /// on. Its second argument may be called with gradients that are final before the evaluation is over, so that other processes get them
    /// early.</summary>
    public required Func<TBatch, Action<FinalGradient>, Result<Evaluation<StepResult>, PqfError>> Evaluate { get; init; }

    /// <summary>Measures the network as it is.</summary>
    public required Func<CancellationToken, Result<Metrics, PqfError>> Validate { get; init; }

    /// <summary>The metric of <see cref="Validate"/> that decides which epoch is the best and that plateaus are seen in; higher is
    /// better, but for <see cref="Metrics.Loss"/>.</summary>
    public required string Score { get; init; }
}
