using Pqf.Nets.Execution;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>Gives the norms of a dense network whose file lacks their running statistics those of images: each batch is normalised by its
/// own, as in training, so the network's function is again about the trained one.</summary>
/// <param name="Images">The same images as for <see cref="UnfoldNorms"/>, which comes after it.</param>
public sealed record EstimateNorms(NormImages Images) : ICompressionStep
{
    /// <inheritdoc/>
    public Result<Unit, PqfError> Check(CompressionState start) => Images.Check();

    /// <inheritdoc/>
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation) =>
        Images.Estimate(this, state, NormMode.Batch, estimates => estimates.Reestimated(), cancellation);
}
