using System.Collections.Immutable;

namespace Pqf.Compression.Steps;

/// <summary>What is known of the inputs of one layer.</summary>
/// <param name="ColumnWeights">[row length]: how much an error in each column of the layer's weight counts, 0 or more. The mean square of
/// the input that a column is multiplied with makes quantising minimise the error of the layer's output, as far as its inputs are
/// uncorrelated.</param>
public sealed record LayerInputs(ImmutableArray<float> ColumnWeights)
{
    /// <summary>The same inputs after the layer's channels were reordered.</summary>
    /// <param name="order">New channel i is old channel order[i]. The columns of a channel are neighbours.</param>
    public LayerInputs Reordered(ReadOnlySpan<int> order)
    {
        int run = ColumnWeights.Length / order.Length;
        var reordered = ImmutableArray.CreateBuilder<float>(ColumnWeights.Length);
        foreach (int channel in order)
            reordered.AddRange(ColumnWeights.AsSpan(channel * run, run));
        return new(reordered.ToImmutable());
    }
}
