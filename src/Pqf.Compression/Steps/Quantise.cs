using System.Collections.Immutable;
using Pqf.Compression.Clustering;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>Product quantisation of a network's weights (paper, sections 3.1 and 3.3); everything else stays as it is.</summary>
/// <param name="Layers">What is quantised, and how it is cut: <see cref="Blocks.Of"/>.</param>
/// <param name="Key">A layer's codes depend on this key, its name and its weight alone.</param>
public sealed record Quantise(ImmutableArray<LayerBlocks> Layers, RngKey Key) : ICompressionStep
{
    // Multiply-adds between two events: some hundredths of a second, so that progress shows and a cancellation is soon obeyed.
    const long WorkPerStep = 1L << 32;

    // A weight whose memory the pool does not keep for tensors of its size: 16 MiB and more.
    const int LargeCount = 4 << 20;

    /// <inheritdoc/>
    public Result<Unit, PqfError> Check(CompressionState start) => WeightCheck.Of(Layers, start.Parameters);

    /// <inheritdoc/>
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation) =>
        Run(this, state, Layers, Key, (layer, weight) => new PlainAssignment(weight, layer.D), cancellation);

    /// <summary>Quantises layers by a distance of the caller's.</summary>
    /// <param name="step">The step whose work this is.</param>
    /// <param name="state">What the step before gave.</param>
    /// <param name="layers">What is quantised.</param>
    /// <param name="key">Folded with each layer's name.</param>
    /// <param name="assignment">The distance, for a layer's weight.</param>
    /// <param name="cancellation">Ends the iterator.</param>
    internal static IEnumerable<CompressionEvent> Run(
        ICompressionStep step,
        CompressionState state,
        ImmutableArray<LayerBlocks> layers,
        RngKey key,
        Func<LayerBlocks, Weight, IBlockAssignment> assignment,
        CancellationToken cancellation
    )
    {
        var reports = ImmutableArray.CreateBuilder<LayerReport>();
        var quantised = state.Parameters;
        foreach (var layer in layers)
        {
            yield return new CompressionEvent.LayerStarted(layer, reports.Count + 1, layers.Length);
            var weight = state.Parameters[layer.WeightName];
            var clustering = new BlockClustering(
                assignment(layer, weight),
                layer.D,
                layer.K,
                layer.KMeansType,
                layer.Iterations,
                key.Fold(layer.Layer)
            );
            while (!clustering.IsDone)
            {
                cancellation.ThrowIfCancellationRequested();
                clustering.Advance((int)Math.Clamp(WorkPerStep / ((long)weight.Shape.Count * layer.K), 1, clustering.Total));
                yield return new CompressionEvent.KMeansStep(layer.Layer, clustering.Iteration, clustering.Total, clustering.Error ?? 0);
            }

            var result = clustering.Finish();
            quantised = quantised.With(layer.WeightName, result);
            reports.Add(LayerReport.Of(layer, weight, result));
            if (state.OwnsParameters && weight is Weight.Dense dense)
                GiveBack(dense.Value, quantised);
            yield return new CompressionEvent.LayerQuantised(reports[^1]);
        }

        yield return new CompressionEvent.StepFinished(
            step,
            state with
            {
                Parameters = quantised,
                Dense = state.OwnsParameters ? null : state.Parameters,
                Layers = reports.ToImmutable(),
            }
        );
    }

    /// <summary>Gives back the memory of a weight that has codes now, unless another parameter has the same.</summary>
    static void GiveBack(Tensor<float> weight, Parameters quantised)
    {
        if (quantised.Tensors().Any(tensor => ReferenceEquals(tensor.Storage, ((ITensor)weight).Storage)))
            return;
        weight.Device.Release(weight);
        if (weight.Shape.Count >= LargeCount)
            weight.Device.TrimPool();
    }
}
