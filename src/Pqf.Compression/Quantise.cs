using System.Collections.Immutable;
using Pqf.Compression.Clustering;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression;

/// <summary>How quantising a network goes on.</summary>
public abstract record QuantiseEvent
{
    QuantiseEvent() { }

    /// <summary>A layer is next.</summary>
    /// <param name="Layer">Which, and how it is cut.</param>
    /// <param name="Number">From 1 to <paramref name="Count"/>.</param>
    /// <param name="Count">Layers in all.</param>
    public sealed record LayerStarted(LayerBlocks Layer, int Number, int Count) : QuantiseEvent;

    /// <summary>Some iterations of a layer are done.</summary>
    /// <param name="Layer">PyTorch name.</param>
    /// <param name="Iteration">Iterations done, of <paramref name="Total"/>.</param>
    /// <param name="Total">Iterations in all.</param>
    /// <param name="MeanSquaredError">At the last assignment; falls with <c>kmeans</c>, not always with <c>src</c>.</param>
    public sealed record KMeansStep(string Layer, int Iteration, int Total, double MeanSquaredError) : QuantiseEvent;

    /// <summary>A layer is done.</summary>
    public sealed record LayerQuantised(LayerReport Report) : QuantiseEvent;

    /// <summary>All layers are done.</summary>
    public sealed record Finished(Parameters Parameters, ImmutableArray<LayerReport> Layers) : QuantiseEvent;
}

/// <summary>Product quantisation of a network's weights (paper, sections 3.1 and 3.3).</summary>
public static class Quantise
{
    // Multiply-adds between two events: some hundredths of a second, so that progress shows and a cancellation is soon obeyed.
    const long WorkPerStep = 1L << 32;

    /// <summary>Quantises every layer of <see cref="Blocks.Of"/>; everything else stays as it is.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Its values; they must live until the last event.</param>
    /// <param name="spec">Block lengths, codebook sizes, algorithms.</param>
    /// <param name="key">A layer's codes depend on this key, its name and its weight alone.</param>
    /// <param name="cancellation">Ends the iterator with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>Events, <see cref="QuantiseEvent.Finished"/> last, made as they are asked for; or what is wrong with the spec or the
    /// weights. New tensors
    /// belong to the scope that is innermost while the events are asked for.</returns>
    public static Result<IEnumerable<QuantiseEvent>, PqfError> Run(
        Graph graph,
        Parameters parameters,
        CompressionSpec spec,
        RngKey key,
        CancellationToken cancellation = default
    ) =>
        Blocks
            .Of(graph, spec)
            .Bind<IEnumerable<QuantiseEvent>>(layers =>
                WeightCheck.Of(layers, parameters) is { } problem
                    ? problem
                    : new Result<IEnumerable<QuantiseEvent>, PqfError>.Ok(Run(layers, parameters, key, cancellation))
            );

    static IEnumerable<QuantiseEvent> Run(
        ImmutableArray<LayerBlocks> layers,
        Parameters parameters,
        RngKey key,
        CancellationToken cancellation
    )
    {
        var reports = ImmutableArray.CreateBuilder<LayerReport>();
        var quantised = parameters;
        foreach (var layer in layers)
        {
            yield return new QuantiseEvent.LayerStarted(layer, reports.Count + 1, layers.Length);
            var weight = parameters[layer.WeightName];
            var clustering = new BlockClustering(weight, layer.D, layer.K, layer.KMeansType, layer.Iterations, key.Fold(layer.Layer));
            while (!clustering.IsDone)
            {
                cancellation.ThrowIfCancellationRequested();
                clustering.Advance((int)Math.Clamp(WorkPerStep / ((long)weight.Shape.Count * layer.K), 1, clustering.Total));
                yield return new QuantiseEvent.KMeansStep(layer.Layer, clustering.Iteration, clustering.Total, clustering.Error ?? 0);
            }

            var result = clustering.Finish();
            quantised = quantised.With(layer.WeightName, result);
            reports.Add(LayerReport.Of(layer, weight, result));
            yield return new QuantiseEvent.LayerQuantised(reports[^1]);
        }

        yield return new QuantiseEvent.Finished(quantised, reports.ToImmutable());
    }
}
