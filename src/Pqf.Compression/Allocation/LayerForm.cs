using Pqf.Nets.Weights;

namespace Pqf.Compression.Allocation;

/// <summary>How a file may hold the weight of a layer.</summary>
public abstract record LayerForm
{
    LayerForm() { }

    /// <summary>A codebook and the codes of blocks.</summary>
    /// <param name="D">Length of a block.</param>
    /// <param name="K">Words of the codebook.</param>
    public sealed record Codes(int D, int K) : LayerForm;

    /// <summary>Each value, without a codebook.</summary>
    /// <param name="Form">Of the values.</param>
    public sealed record Values(ValueForm Form) : LayerForm;

    /// <summary>One of the two.</summary>
    public T Match<T>(Func<Codes, T> codes, Func<Values, T> values) =>
        this switch
        {
            Codes coded => codes(coded),
            Values plain => values(plain),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}
