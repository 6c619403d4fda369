namespace Pqf.Tensors.Ops.Quantisation;

/// <summary>The blocks of each code, in rising order: what sums over blocks by code in a fixed order. Codes never change while a network is
/// trained, so it is built once.</summary>
public sealed class CodeIndex
{
    CodeIndex(Tensor<ushort> codes, Tensor<int> start, Tensor<int> blocks) => (Codes, Start, Blocks) = (codes, start, blocks);

    /// <summary>Codes that there may be.</summary>
    public int K => Start.Shape[0] - 1;

    /// <summary>The codes as they were given, of any shape.</summary>
    public Tensor<ushort> Codes { get; }

    /// <summary>[k + 1]: blocks of code c stand from Start[c] to Start[c + 1].</summary>
    internal Tensor<int> Start { get; }

    /// <summary>[n], numbers of blocks.</summary>
    internal Tensor<int> Blocks { get; }

    /// <summary>Builds the index; it belongs to the innermost scope of the codes' device.</summary>
    /// <param name="codes">Of any shape.</param>
    /// <param name="k">Centroids.</param>
    /// <exception cref="ShapeException">A code is not below k.</exception>
    public static CodeIndex Create(Tensor<ushort> codes, int k)
    {
        ushort[] values = codes.ToArray();
        int[] start = new int[k + 1],
            blocks = new int[values.Length];
        foreach (ushort code in values)
            start[(code < k ? code : throw new ShapeException("CodeIndex", $"expected codes below {k}, got {code}")) + 1]++;
        for (int c = 0; c < k; c++)
            start[c + 1] += start[c];
        int[] next = [.. start];
        for (int block = 0; block < values.Length; block++)
            blocks[next[values[block]]++] = block;
        return new(codes, Tensor<int>.From(codes.Device, [k + 1], start), Tensor<int>.From(codes.Device, [values.Length], blocks));
    }
}
