using System.Collections.Immutable;
using Pqf.Compression.Clustering;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Steps;

/// <summary>Product quantisation of a network's weights (paper, sections 3.1 and 3.3); everything else stays as it is.</summary>
/// <param name="Layers">What is quantised, and how it is cut: <see cref="Blocks.Of"/>.</param>
/// <param name="Key">A layer's codes depend on this key, its name and its weight alone.</param>
public sealed record Quantise(ImmutableArray<LayerBlocks> Layers, RngKey Key) : IRankedStep
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
        var device = state.Parameters.Tensors().First().Device;
        var results = new SortedDictionary<int, (Weight.Quantised Weight, LayerReport Report)>();
        var quantised = state.Parameters;
        var parts = new StepParts<(Weight.Quantised Weight, LayerReport Report)>(
            Work,
            result => WeightBytes.Of(result.Weight),
            (number, message) => Finished(layers[number], (Weight.Quantised)WeightBytes.Read(message, device))
        );
        foreach (var next in StepRanks.Run(state.Ranks, Costs(layers), parts, results))
            yield return next;
        yield return new CompressionEvent.StepFinished(
            step,
            state with
            {
                Parameters = quantised,
                Dense = state.OwnsParameters ? null : state.Parameters,
                Layers = [.. results.Values.Select(result => result.Report)],
            }
        );

        IEnumerable<CompressionEvent> Work(int number, Action<(Weight.Quantised, LayerReport)> done)
        {
            var layer = layers[number];
            yield return new CompressionEvent.LayerStarted(layer, number + 1, layers.Length);
            var weight = state.Parameters[layer.WeightName];
            var clustering = Clustering(layer, assignment(layer, weight), key);
            while (!clustering.IsDone)
            {
                cancellation.ThrowIfCancellationRequested();
                clustering.Advance((int)Math.Clamp(WorkPerStep / ((long)weight.Shape.Count * layer.K), 1, clustering.Total));
                yield return new CompressionEvent.KMeansStep(layer.Layer, clustering.Iteration, clustering.Total, clustering.Error ?? 0);
            }

            var result = Finished(layer, clustering.Finish());
            done(result);
            yield return new CompressionEvent.LayerQuantised(result.Report);
        }

        (Weight.Quantised Weight, LayerReport Report) Finished(LayerBlocks layer, Weight.Quantised result)
        {
            var weight = state.Parameters[layer.WeightName];
            var report = LayerReport.Of(layer, weight, result);
            quantised = quantised.With(layer.WeightName, result);
            if (state.OwnsParameters && weight is Weight.Dense dense)
                GiveBack(dense.Value, quantised);
            return (result, report);
        }
    }

    /// <summary>What clustering each layer costs: products of values and centroids.</summary>
    internal static ImmutableArray<double> Costs(ImmutableArray<LayerBlocks> layers) =>
        [.. layers.Select(layer => (double)layer.Weight.Count * layer.K * (layer.Iterations + 1))];

    static BlockClustering Clustering(LayerBlocks layer, IBlockAssignment assignment, RngKey key) =>
        new(assignment, layer.D, layer.K, layer.KMeansType, layer.Iterations, key.Fold(layer.Layer));

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
