using System.Collections.Immutable;

namespace Pqf.Compression.Allocation;

/// <summary>One way to hold a layer, and what it costs.</summary>
/// <param name="Form">Codes of blocks, or values.</param>
/// <param name="Bits">Of codes and codebook, or of the values.</param>
/// <param name="Error">Squared error of the weight, as a part of its square: 0 … 1.</param>
public sealed record LayerChoice(LayerForm Form, long Bits, double Error)
{
    /// <summary>Error of the network's outputs if this layer alone is quantised so: <see cref="OutputError"/>.</summary>
    public double Effect { get; init; }

    /// <summary>Choices from which those are left out that another beats in both size and error.</summary>
    /// <param name="choices">Any.</param>
    /// <returns>From the smallest to the largest; each larger one has a smaller error.</returns>
    public static ImmutableArray<LayerChoice> Best(IEnumerable<LayerChoice> choices)
    {
        var best = ImmutableArray.CreateBuilder<LayerChoice>();
        foreach (var choice in choices.OrderBy(choice => choice.Bits).ThenBy(choice => choice.Error))
            if (best.Count == 0 || choice.Error < best[^1].Error)
                best.Add(choice);
        return best.ToImmutable();
    }
}
