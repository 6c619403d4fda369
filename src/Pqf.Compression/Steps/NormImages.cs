using System.Collections.Immutable;
using Pqf.Nets.Execution;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Steps;

/// <summary>Unlabelled images on which norms are estimated.</summary>
/// <param name="BatchShape">[N, H, W, C] of every batch, or of the largest there may be.</param>
/// <param name="BatchCount">Batches in all, 1 at least.</param>
/// <param name="Batches">Gives the same batches at each call, or why a batch cannot be had.</param>
public sealed record NormImages(Shape BatchShape, int BatchCount, Func<IEnumerable<Result<InputBatch, PqfError>>> Batches)
{
    /// <summary>Images in all.</summary>
    public int ImageCount { get; init; } = BatchCount * BatchShape[0];

    /// <summary>Gives the batches with every photograph cut at random and mirrored or not: one number, one way; null where photographs can
    /// be mirrored alone.</summary>
    public Func<int, IEnumerable<Result<InputBatch, PqfError>>>? Varied { get; init; }

    /// <summary>For each of the network's joints, in their order, the most boxes of an image; empty where photographs have no
    /// boxes.</summary>
    public ImmutableArray<int> BoxCounts { get; init; } = [];

    /// <summary>Images in batches of one shape.</summary>
    /// <param name="shape">[N, H, W, C].</param>
    /// <param name="count">Batches in all, 1 at least.</param>
    /// <param name="batches">Gives the same values at each call: row-major, read before the next batch is asked for.</param>
    public static NormImages OfShape(Shape shape, int count, Func<IEnumerable<Result<ReadOnlyMemory<float>, PqfError>>> batches) =>
        new(shape, count, () => batches().Select(batch => batch.Map(pixels => new InputBatch(shape, pixels))));

    /// <summary>Some of the batches on a device, in its innermost scope; an error that names the first that cannot be had.</summary>
    /// <param name="device">Where.</param>
    /// <param name="first">Number of the first.</param>
    /// <param name="count">How many at most.</param>
    internal Result<ImmutableArray<Tensor<float>>, PqfError> On(Device device, int first, int count) =>
        Result.All(
            Batches().Skip(first).Take(count).Select(batch => batch.Map(own => Tensor<float>.From(device, own.Shape, own.Pixels.Span)))
        );

    /// <summary>Refuses an empty set of images.</summary>
    internal Result<Unit, PqfError> Check() =>
        BatchCount > 0 ? default(Unit) : new PqfError.Layer("norms", "expected one batch of images at least to estimate them on, got none");

    /// <summary>A step that shows norms all images.</summary>
    /// <param name="step">The step.</param>
    /// <param name="state">The network.</param>
    /// <param name="mode">How norms normalise meanwhile.</param>
    /// <param name="finish">The network's values, from what the norms saw.</param>
    /// <param name="cancellation">Ends the iterator.</param>
    internal IEnumerable<CompressionEvent> Estimate(
        ICompressionStep step,
        CompressionState state,
        NormMode mode,
        Func<NormEstimates, Nets.Weights.Parameters> finish,
        CancellationToken cancellation
    )
    {
        var estimates = new NormEstimates(state.Graph, state.Parameters, mode);
        int number = 0,
            done = 0;
        yield return new CompressionEvent.EstimatingNorms(0, ImageCount);
        foreach (var batch in Batches())
        {
            cancellation.ThrowIfCancellationRequested();
            if (batch is Result<InputBatch, PqfError>.Ok(var images))
                estimates.Add(images.Shape, images.Pixels.Span);
            else
            {
                yield return new CompressionEvent.Failed(((Result<InputBatch, PqfError>.Error)batch).Value);
                yield break;
            }

            done += ((Result<InputBatch, PqfError>.Ok)batch).Value.Shape[0];
            if (++number < BatchCount)
                yield return new CompressionEvent.EstimatingNorms(done, ImageCount);
        }

        yield return new CompressionEvent.StepFinished(step, state with { Parameters = finish(estimates) });
    }
}
