using System.Collections.Immutable;
using Pqf.Compression.Reconstruction;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>Runs lists of steps.</summary>
public static class Compress
{
    /// <summary>The steps of the method (paper, section 3), fine-tuning excepted.</summary>
    /// <param name="layers">What is quantised: <see cref="Blocks.Of"/>.</param>
    /// <param name="permutation">How to search for channel orders; null leaves channels where they are.</param>
    /// <param name="key">The run's key: equal keys and inputs give equal bits, whatever the number of threads.</param>
    /// <param name="images">Images to estimate the norms on; null keeps the norms as they are.</param>
    /// <param name="reconstruction">How layers are reconstructed on the images; null re-estimates norms alone.</param>
    /// <param name="forms">In which form files hold values without codes; null leaves them in single precision.</param>
    public static ImmutableArray<ICompressionStep> Method(
        ImmutableArray<LayerBlocks> layers,
        PermutationSpec? permutation,
        RngKey key,
        NormImages? images = null,
        ReconstructionOptions? reconstruction = null,
        CompressionSpec? forms = null
    ) =>
        [
            .. images is null ? [] : (ICompressionStep[])[new UnfoldNorms(images)],
            .. permutation is null ? [] : (ICompressionStep[])[new Permute(layers, permutation, key.Fold("permute"))],
            new QuantiseByColumns(layers, key.Fold("quantise")),
            .. forms is null ? [] : (ICompressionStep[])[new StoreDense(forms)],
            .. images is null ? []
            : reconstruction is null ? (ICompressionStep[])[new Calibrate(images)]
            : [new ReconstructLayers(layers, images, key.Fold("reconstruct"), reconstruction)],
        ];

    /// <summary>Runs steps one after the other.</summary>
    /// <param name="steps">In order.</param>
    /// <param name="start">Its tensors must live until the last event.</param>
    /// <param name="cancellation">Ends the iterator with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>Events of all steps, made as they are asked for; or what is wrong with the first step that does not fit the
    /// network.</returns>
    public static Result<IEnumerable<CompressionEvent>, PqfError> Run(
        ImmutableArray<ICompressionStep> steps,
        CompressionState start,
        CancellationToken cancellation = default
    ) =>
        steps
            .Aggregate<ICompressionStep, Result<Unit, PqfError>>(
                default(Unit),
                (checkedSoFar, step) => checkedSoFar.Bind(_ => step.Check(start))
            )
            .Map(_ => Events(steps, start, cancellation));

    /// <summary>Runs steps to the end.</summary>
    /// <param name="steps">In order.</param>
    /// <param name="start">Its tensors must live as long as the call.</param>
    /// <param name="progress">Receives every event.</param>
    /// <param name="cancellation">Ends the run with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The last step's state, or the first error. New tensors belong to the innermost scope.</returns>
    public static Result<CompressionState, PqfError> ToEnd(
        ImmutableArray<ICompressionStep> steps,
        CompressionState start,
        IProgress<CompressionEvent>? progress = null,
        CancellationToken cancellation = default
    ) =>
        Run(steps, start, cancellation)
            .Bind(events =>
            {
                Result<CompressionState, PqfError> result = start;
                foreach (var step in events)
                {
                    progress?.Report(step);
                    result = step switch
                    {
                        CompressionEvent.StepFinished finished => finished.State,
                        CompressionEvent.Failed failed => failed.Error,
                        _ => result,
                    };
                }

                return result;
            });

    static IEnumerable<CompressionEvent> Events(
        ImmutableArray<ICompressionStep> steps,
        CompressionState state,
        CancellationToken cancellation
    )
    {
        foreach (var step in steps)
        {
            CompressionEvent? last = null;
            foreach (
                var next in step is IRankedStep || state.Ranks.Size == 1
                    ? step.Run(state, cancellation)
                    : StepRanks.RunOnFirst(step, state, cancellation)
            )
                yield return last = next;
            if (last is not CompressionEvent.StepFinished finished)
                yield break;
            state = finished.State;
        }
    }
}
