using Pqf.Nets.Execution;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>Estimates the running statistics of norms on images: what a network needs right after quantising, and before anything else if
/// its file lacks them.</summary>
/// <param name="Images">The same images as for <see cref="UnfoldNorms"/>, which must come before any step that changes weights.</param>
public sealed record Calibrate(NormImages Images) : ICompressionStep
{
    /// <inheritdoc/>
    public Result<Unit, PqfError> Check(CompressionState start) => Images.Check();

    /// <inheritdoc/>
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation) =>
        NormEstimates.NormsOf(state.Graph).Any()
            ? Images.Estimate(this, state, NormMode.Batch, estimates => estimates.Reestimated(), cancellation)
            :
            [
                new CompressionEvent.Noted("no norm is estimated: the network has none, or all are frozen, as a detector's are"),
                new CompressionEvent.StepFinished(this, state),
            ];
}
