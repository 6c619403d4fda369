using System.Collections.Immutable;
using Pqf.Nets.Graphs;

namespace Pqf.Compression.Steps;

/// <summary>What is known of the inputs of one layer.</summary>
/// <param name="ColumnWeights">[row length]: how much an error in each column of the layer's weight counts, 0 or more. The mean square of
/// the input that a column is multiplied with makes quantising minimise the error of the layer's output, as far as its inputs are
/// uncorrelated.</param>
public sealed record LayerInputs(ImmutableArray<float> ColumnWeights)
{
    /// <summary>The same inputs after some of the layer's channels were reordered.</summary>
    /// <param name="columns">Where the channels are.</param>
    /// <param name="order">New channel i is old channel order[i]. The columns of a channel are neighbours.</param>
    public LayerInputs Reordered(ChannelRun columns, ReadOnlySpan<int> order)
    {
        int[] slices = [.. Enumerable.Range(0, ColumnWeights.Length)];
        columns.Reorder(order, slices);
        return new([.. slices.Select(column => ColumnWeights[column])]);
    }
}
