using Pqf.Autodiff;
using Pqf.Compression.Collectives;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Training;

/// <summary>Evaluates a step: micro-batch after micro-batch, summed over all ranks by one tree.</summary>
/// <param name="task">What is trained.</param>
/// <param name="device">Where.</param>
/// <param name="ranks">Who has the other micro-batches.</param>
/// <param name="bucketBytes">As <see cref="TrainingOptions.BucketBytes"/>.</param>
sealed class StepSum<TBatch>(TrainingTask<TBatch> task, Device device, ICollective ranks, int bucketBytes)
{
    readonly RankExchange exchange = new(ranks, device, task.Trainable, bucketBytes);
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
            return use(Whole(batches, step, scopes, cancellation).Map(whole => form!.EvaluationOf(whole, task.Trainable)));
        }
        finally
        {
            while (scopes.TryPop(out var scope))
                scope.Dispose();
        }
    }

    /// <summary>Sums the micro-batches of a step, of all ranks.</summary>
    Result<StepPart, PqfError> Whole(
        IEnumerator<Result<TBatch, PqfError>> batches,
        int step,
        Stack<Scope> scopes,
        CancellationToken cancellation
    )
    {
        var tree = new SumTree<StepPart>(
            task.Cut?.MicroCount(step) ?? 1,
            (left, right) =>
            {
                scopes.Pop();
                return StepPart.Combine(left, right);
            }
        );
        if (ranks.Size == 1)
            return Evaluate(batches, step, tree, null, scopes, cancellation).Map(_ => tree.Nodes[0].Value);
        var nodes = RankNodes.Of(task.Cut!, step, ranks.Size);
        EarlyExchange? early = null;
        return ranks
            .Agree(() =>
            {
                using (early = exchange.Start(nodes))
                {
                    var evaluated = Evaluate(batches, step, tree, early, scopes, cancellation);
                    early?.Finish();
                    return evaluated;
                }
            })
            .Map(_ =>
            {
                (form, var whole) = exchange.Sum(nodes, form, tree, early, scopes);
                return whole;
            });
    }

    /// <summary>Evaluates this rank's micro-batches of a step.</summary>
    Result<Unit, PqfError> Evaluate(
        IEnumerator<Result<TBatch, PqfError>> batches,
        int step,
        SumTree<StepPart> tree,
        EarlyExchange? early,
        Stack<Scope> scopes,
        CancellationToken cancellation
    )
    {
        var (first, count) = task.Cut?.PartOf(step, task.Cut.Rank) ?? (0, 1);
        for (int micro = first; micro < first + count; micro++)
        {
            if (task.Cut is not null && !batches.MoveNext())
                throw new InvalidOperationException($"StepSum: expected {count} micro-batches in step {step}, got {micro - first}");
            cancellation.ThrowIfCancellationRequested();
            scopes.Push(device.BeginScope());
            var last = micro == first + count - 1 ? early : null;
            var result = batches.Current.Bind(batch => Part(batch, tree, last, scopes.Peek()));
            if (result is not Result<StepPart, PqfError>.Ok(var part))
                return ((Result<StepPart, PqfError>.Error)result).Value;
            tree.Add(new(0, micro), part);
        }

        return default(Unit);
    }

    /// <summary>Evaluates a micro-batch.</summary>
    /// <param name="batch">Its images.</param>
    /// <param name="tree">Those before it.</param>
    /// <param name="early">Takes its gradients, if it is the last one of this rank; null keeps them.</param>
    /// <param name="scope">Holds its values.</param>
    Result<StepPart, PqfError> Part(TBatch batch, SumTree<StepPart> tree, EarlyExchange? early, Scope scope) =>
        task.Evaluate(batch, early is null ? exchange.Take : gradient => early.Take(tree, gradient))
            .Map(evaluation =>
            {
                form ??= StepForm.Of(evaluation.Extra);
                if (early is null)
                    return StepForm.PartOf(evaluation, scope);
                foreach (var (name, gradient) in evaluation.Gradients)
                    early.Take(tree, new(name, gradient, evaluation.Extra.Metrics.Count));
                return StepForm.PartOf(evaluation with { Gradients = evaluation.Gradients.Clear() }, scope);
            });
}
