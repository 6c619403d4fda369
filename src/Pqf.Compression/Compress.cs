using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression;

/// <summary>How compressing a network goes on.</summary>
public abstract record CompressEvent
{
    CompressEvent() { }

    /// <summary>The search for channel orders goes on.</summary>
    public sealed record Permuting(PermutationEvent Event) : CompressEvent;

    /// <summary>Clustering goes on.</summary>
    public sealed record Quantising(QuantiseEvent Event) : CompressEvent;

    /// <summary>The network is compressed.</summary>
    /// <param name="Parameters">Quantised and dense weights.</param>
    /// <param name="Groups">What each group's search found; empty if none was asked for.</param>
    /// <param name="Layers">What each layer's quantising gave.</param>
    public sealed record Finished(Parameters Parameters, ImmutableArray<PermutationReport> Groups, ImmutableArray<LayerReport> Layers)
        : CompressEvent;
}

/// <summary>Permutes, then quantises.</summary>
public static class Compress
{
    /// <summary>Compresses a network.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="parameters">Its values; they must live until the last event.</param>
    /// <param name="permutation">How to search for channel orders; null leaves channels where they are.</param>
    /// <param name="compression">How to quantise.</param>
    /// <param name="key">The run's key: equal keys and inputs give equal bits, whatever the number of threads.</param>
    /// <param name="cancellation">Ends the iterator with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>Events, <see cref="CompressEvent.Finished"/> last, made as they are asked for; or what is wrong with the specs or the
    /// weights. New tensors
    /// belong to the scope that is innermost while the events are asked for.</returns>
    public static Result<IEnumerable<CompressEvent>, PqfError> Run(
        Graph graph,
        Parameters parameters,
        PermutationSpec? permutation,
        CompressionSpec compression,
        RngKey key,
        CancellationToken cancellation = default
    )
    {
        // Checked before anything runs; reordered weights are the same values, so what passes here passes later.
        var quantise = Quantise.Run(graph, parameters, compression, key.Fold("quantise"), cancellation);
        if (permutation is null)
            return quantise.Map(events => Quantised(events, []));
        return quantise
            .Bind(_ => Permute.Run(graph, parameters, permutation, compression, key.Fold("permute"), cancellation))
            .Map(events => Run(graph, events, compression, key.Fold("quantise"), cancellation));
    }

    static IEnumerable<CompressEvent> Run(
        Graph graph,
        IEnumerable<PermutationEvent> permute,
        CompressionSpec compression,
        RngKey key,
        CancellationToken cancellation
    )
    {
        PermutationEvent.Finished? permuted = null;
        foreach (var step in permute)
        {
            permuted = step as PermutationEvent.Finished;
            yield return new CompressEvent.Permuting(step);
        }

        var quantise = Quantise
            .Run(graph, permuted!.Parameters, compression, key, cancellation)
            .Match(events => events, error => throw new InvalidOperationException($"Compress: {error.Message}"));
        foreach (var step in Quantised(quantise, permuted.Groups))
            yield return step;
    }

    static IEnumerable<CompressEvent> Quantised(IEnumerable<QuantiseEvent> events, ImmutableArray<PermutationReport> groups)
    {
        foreach (var step in events)
        {
            yield return new CompressEvent.Quantising(step);
            if (step is QuantiseEvent.Finished finished)
                yield return new CompressEvent.Finished(finished.Parameters, groups, finished.Layers);
        }
    }
}
