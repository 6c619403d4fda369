using System.Collections.Immutable;

namespace Pqf.Tensors.Formats;

/// <summary>What the values of a model are read for.</summary>
sealed class OnnxReaders
{
    readonly HashSet<string> quantise = [],
        weights = [],
        sizes = [],
        other = [];

    OnnxReaders() { }

    /// <summary>Finds out.</summary>
    /// <param name="nodes">In file order.</param>
    public static OnnxReaders Of(ImmutableArray<OnnxNode> nodes)
    {
        var readers = new OnnxReaders();
        // A copy is read for what its reader, which comes later, is read for.
        foreach (var node in nodes.Reverse())
            for (int i = 0; i < node.Inputs.Length; i++)
                readers.Add(node, i);
        return readers;
    }

    /// <summary>Whether a value is nothing but what a quantised one is decoded from: its integers, scale or zero point.</summary>
    public bool OnlyQuantise(string name) => quantise.Contains(name) && !other.Contains(name);

    /// <summary>Whether a value is nothing but what an image is resized by.</summary>
    public bool OnlyResize(string name) => sizes.Contains(name) && !other.Contains(name);

    /// <summary>Whether some operation reads a value as its weight, bias or the like.</summary>
    public bool AsWeight(string name) => weights.Contains(name);

    void Add(OnnxNode node, int i)
    {
        string name = node.Inputs[i];
        if (node.Operator == "Identity")
        {
            Copy(quantise, node.Output, name);
            Copy(weights, node.Output, name);
            Copy(sizes, node.Output, name);
            Copy(other, node.Output, name);
            return;
        }

        bool isQuantised = node.Operator == "DequantizeLinear" || (node.Operator == "QuantizeLinear" && i > 0);
        bool isSize = node.Operator is "Resize" or "Upsample" && i > 0;
        (
            isQuantised ? quantise
            : isSize ? sizes
            : other
        ).Add(name);
        if (node.Operator is "Conv" or "ConvTranspose" or "Gemm" or "MatMul" or "BatchNormalization" or "Mul" or "Add")
            weights.Add(name);
    }

    static void Copy(HashSet<string> names, string from, string to)
    {
        if (names.Contains(from))
            names.Add(to);
    }
}
