using System.Collections.Immutable;
using System.Globalization;
using Pqf.Autodiff;
using Pqf.Compression.Collectives;
using Pqf.Nets.Execution;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>Trains a network, dense or quantised, by gradient descent.</summary>
/// <param name="task">What is trained.</param>
/// <param name="state">Where to start, or to resume from; its tensors must live until the last event.</param>
/// <param name="options">How to train.</param>
/// <param name="ranks">Who has the other parts of each batch; null for a run of one process.</param>
public sealed class Trainer<TBatch>(TrainingTask<TBatch> task, TrainingState state, TrainingOptions options, ICollective? ranks = null)
{
    readonly ICollective ranks = ranks ?? Alone.Instance;
    readonly StepSum<TBatch> steps = new(task, state.Parameters.Tensors().First().Device, ranks ?? Alone.Instance, options.BucketBytes);

    /// <summary>After the last event.</summary>
    public TrainingState State { get; private set; } = state;

    /// <summary>The metric that decides which epoch is the best.</summary>
    public string Score => task.Score;

    /// <summary>Bytes that this rank sent to others in the latest step.</summary>
    public long SentBytes => steps.SentBytes;

    /// <summary>Whether the epochs since the best one are as many as the run waits for.</summary>
    public bool IsOutOfPatience => State.Progress.EpochsSinceBest >= (options.Patience ?? int.MaxValue);

    /// <summary>Trains to the last epoch, or until the patience ends.</summary>
    /// <param name="cancellation">Ends the iterator with an <see cref="OperationCanceledException"/> between two steps: <see cref="State"/>
    /// is whole.</param>
    /// <returns>Events, made as they are asked for. No scope is open between them.</returns>
    public IEnumerable<TrainingEvent> Run(CancellationToken cancellation = default)
    {
        while (State.Progress.Epoch < options.Epochs && !IsOutOfPatience)
        {
            using (var batches = task.Epoch(State.Progress.Epoch, State.Progress.Batch).GetEnumerator())
                while (steps.Next(batches, State.Progress.Batch, Step, cancellation) is { } step)
                {
                    yield return step;
                    if (step is TrainingEvent.Failed)
                        yield break;
                }

            yield return new TrainingEvent.Validating();
            var last = task.Validate(cancellation).Match<TrainingEvent>(FinishEpoch, error => new TrainingEvent.Failed(error));
            yield return last;
            if (last is TrainingEvent.Failed)
                yield break;
        }
    }

    TrainingEvent Step(Result<Evaluation<StepResult>, PqfError> evaluation) =>
        evaluation.Match(Step, error => new TrainingEvent.Failed(error));

    TrainingEvent Step(Evaluation<StepResult> evaluation)
    {
        float loss = evaluation.Loss.ToArray()[0];
        double rate = State.Schedule.LearningRate;
        if (!float.IsFinite(loss))
            return new TrainingEvent.Failed(ranks.Common(Diverged(evaluation.Extra.Norms, loss, rate)));
        var optimizer = options.Optimizer.Step(task.Trainable, evaluation.Gradients, State.Optimizer, rate, task.RateFactors);
        Norms.Update(State.Parameters, evaluation.Extra.Norms);
        var metrics = evaluation.Extra.Metrics;
        State = State with
        {
            Optimizer = optimizer,
            Schedule = options.Schedule.AfterBatch(State.Schedule),
            Progress = State.Progress.After(metrics, rate),
        };
        return new TrainingEvent.Stepped(State.Progress, metrics, rate);
    }

    /// <summary>Names the first layer whose input was not finite any more.</summary>
    PqfError.Layer Diverged(ImmutableArray<NormStatistics> norms, float loss, double rate) =>
        new(
            norms.FirstOrDefault(norm => !IsFinite(norm.Mean) || !IsFinite(norm.Variance))?.Layer ?? "the output",
            string.Create(
                CultureInfo.InvariantCulture,
                $"its input is not finite and the loss is {loss}, at epoch {State.Progress.Epoch + 1}, batch "
                    + $"{State.Progress.Batch + 1}, learning rate {rate:g4}. The last saved state is untouched; a lower learning_rate "
                    + $"may help"
            )
        );

    static bool IsFinite(Tensor<float> values) => values.ToArray().All(float.IsFinite);

    TrainingEvent.EpochFinished FinishEpoch(Metrics validation)
    {
        var progress = State.Progress;
        double score = EpochRecord.ScoreOf(validation, task.Score);
        var epoch = new EpochRecord(progress.Epoch + 1, progress.Training, validation, score, progress.LearningRate);
        State = State with { Schedule = options.Schedule.AfterEpoch(State.Schedule, score), Progress = progress.After(epoch) };
        return new(State.Progress, epoch, State.Progress.Best == epoch);
    }
}
