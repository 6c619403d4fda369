using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>One step of compressing a network: a value that maps a state to the next.</summary>
/// <remarks>A compression is a list of steps; <see cref="Compress.Run"/> folds them over a state. docs/adding-a-step.md shows how to write
/// one.</remarks>
public interface ICompressionStep
{
    /// <summary>Looks for what is wrong with the step's settings, before any step of the list has run.</summary>
    /// <param name="start">The state that the list starts from: a step never changes the graph or the shape of a weight.</param>
    /// <returns>Every problem found.</returns>
    Result<Unit, PqfError> Check(CompressionState start);

    /// <summary>Does the work.</summary>
    /// <param name="state">What the step before gave. Its tensors must live until the last event.</param>
    /// <param name="cancellation">Ends the iterator with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// Events, made as they are asked for; the last is <see cref="CompressionEvent.StepFinished"/> or <see
    /// cref="CompressionEvent.Failed"/>. No scope is open between them. New tensors belong to the scope that is innermost while the events
    /// are asked for.
    /// </returns>
    IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation);
}
