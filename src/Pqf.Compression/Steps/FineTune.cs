using Pqf.Compression.Training;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>Trains codebooks, norms and dense layers; codes stay (paper, section 3.4). Its events are those of <see
/// cref="Trainer{TBatch}"/>.</summary>
/// <param name="Task">What is trained, of a network and its values, which training overwrites: for a classifier <see
/// cref="Classification.Task"/>.</param>
/// <param name="Options">How.</param>
/// <typeparam name="TBatch">Examples of one step.</typeparam>
public sealed record FineTune<TBatch>(Func<Graph, Parameters, TrainingTask<TBatch>> Task, TrainingOptions Options) : ICompressionStep
{
    /// <inheritdoc/>
    public Result<Unit, PqfError> Check(CompressionState start) => default(Unit);

    /// <inheritdoc/>
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation)
    {
        var task = Task(state.Graph, state.Parameters);
        var trainer = new Trainer<TBatch>(task, TrainingState.Start(state.Parameters, task.Trainable, Options), Options);
        foreach (var step in trainer.Run(cancellation))
        {
            if (step is TrainingEvent.Failed(var error))
            {
                yield return new CompressionEvent.Failed(error);
                yield break;
            }

            yield return step;
        }

        yield return new CompressionEvent.StepFinished(
            this,
            state with
            {
                Parameters = trainer.State.Parameters,
                Training = trainer.State.Progress,
            }
        );
    }
}
