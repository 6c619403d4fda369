using Pqf.Autodiff;
using Pqf.Compression.Collectives;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Training;

/// <summary>Evaluates a step: micro-batch after micro-batch, summed over all ranks by one tree.</summary>
/// <param name="task">What is trained.</param>
/// <param name="device">Where.</param>
/// <param name="ranks">Who has the other micro-batches.</param>
sealed class StepSum<TBatch>(TrainingTask<TBatch> task, Device device, ICollective ranks)
{
    readonly RankExchange exchange = new(ranks, device, task.Trainable);
    StepForm? form;

    /// <summary>Bytes that this rank sends in a step; 0 before the first.</summary>
    public long SentBytes => exchange.SentBytes;

    /// <summary>Evaluates the next step.</summary>
    /// <typeparam name="TResult">Of what is done with it.</typeparam>
    /// <param name="batches">Before the step's first micro-batch of this rank.</param>
    /// <param name="step">Number of the step in its epoch.</param>
    /// <param name="use">Takes the whole step; its tensors live no longer.</param>
    /// <param name="cancellation">Ends it before an evaluation.</param>
    /// <returns>Null where the epoch is over.</returns>
    public TResult? Next<TResult>(
        IEnumerator<Result<TBatch, PqfError>> batches,
        int step,
        Func<Result<Evaluation<StepResult>, PqfError>, TResult> use,
        CancellationToken cancellation
    )
        where TResult : class
    {
        var cut = task.Cut;
        if (cut is null ? !batches.MoveNext() : step >= cut.StepCount)
            return null;
        var scopes = new Stack<Scope>();
        try
        {
            var tree = new SumTree<StepPart>(
                cut?.MicroCount(step) ?? 1,
                (left, right) =>
                {
                    scopes.Pop();
                    return StepPart.Combine(left, right);
                }
            );
            var own = ranks.Size == 1 ? Evaluate(tree) : ranks.Agree(() => Evaluate(tree));
            if (own is Result<Unit, PqfError>.Error error)
                return use(error.Value);
            if (ranks.Size > 1)
                (form, tree) = exchange.Sum(cut!, step, form, tree, scopes);
            return use(form!.EvaluationOf(tree.Nodes[0].Value, task.Trainable));
        }
        finally
        {
            while (scopes.TryPop(out var scope))
                scope.Dispose();
        }

        Result<Unit, PqfError> Evaluate(SumTree<StepPart> tree)
        {
            var (first, count) = cut?.PartOf(step, cut.Rank) ?? (0, 1);
            for (int micro = first; micro < first + count; micro++)
            {
                if (cut is not null && !batches.MoveNext())
                    throw new InvalidOperationException($"StepSum: expected {count} micro-batches in step {step}, got {micro - first}");
                cancellation.ThrowIfCancellationRequested();
                scopes.Push(device.BeginScope());
                var result = batches.Current.Bind(task.Evaluate);
                if (result is Result<Evaluation<StepResult>, PqfError>.Error error)
                    return error.Value;
                var evaluation = ((Result<Evaluation<StepResult>, PqfError>.Ok)result).Value;
                form ??= StepForm.Of(evaluation.Extra);
                tree.Add(new(0, micro), StepForm.PartOf(evaluation, scopes.Peek()));
            }

            return default(Unit);
        }
    }
}
