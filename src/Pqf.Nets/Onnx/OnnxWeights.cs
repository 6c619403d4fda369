using System.Runtime.InteropServices;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx;

/// <summary>The initialisers of an ONNX graph, and the nodes that decode those of quantised layers; what is used twice is there
/// once.</summary>
/// <param name="nodes">Where nodes go.</param>
sealed class OnnxWeights(List<WireField> nodes)
{
    /// <summary>Begins the names of lists of numbers that are no weights. A slash is in no name of a weight.</summary>
    public const string NumbersPrefix = "numbers/";

    readonly HashSet<string> names = [];
    readonly List<WireField> initialisers = [];

    /// <summary>In the order in which they were asked for.</summary>
    public IReadOnlyList<WireField> Initialisers => initialisers;

    /// <summary>Single-precision values.</summary>
    /// <param name="name">Their name, which is returned.</param>
    /// <param name="shape">Axis lengths.</param>
    /// <param name="values">Computed when they are written.</param>
    public string Add(string name, Shape shape, Func<float[]> values)
    {
        Add(new(name, DType.F32, shape, bytes => MemoryMarshal.AsBytes(values().AsSpan()).CopyTo(bytes)));
        return name;
    }

    /// <summary>A layer's weight, decoded by the graph: rows of the codebook picked by the codes, put into the weight's shape.</summary>
    /// <returns>Its name.</returns>
    public string Decoded(string layer, Weight.Quantised weight)
    {
        string decoded = $"{layer}.weight",
            codes = $"{layer}.codes_matrix",
            codebook = $"{layer}.codebook";
        if (!names.Add(decoded))
            return decoded;
        Add(StateDict.Codes(codes, weight, DType.U16));
        Add(StateDict.Codebook(codebook, weight));
        Convert(codes, $"{codes}/int32", DType.I32);
        Convert(codebook, $"{codebook}/float", DType.F32);
        nodes.Add(OnnxMessages.Node("Gather", [$"{codebook}/float", $"{codes}/int32"], $"{layer}/blocks"));
        nodes.Add(OnnxMessages.Node("Reshape", [$"{layer}/blocks", Integers(weight.Shape)], decoded));
        return decoded;
    }

    void Convert(string from, string to, DType type) =>
        nodes.Add(OnnxMessages.Node("Cast", [from], to, OnnxMessages.Attribute("to", OnnxTypes.NumberOf(type))));

    /// <summary>Whole numbers. A constant node, not an initialiser: these are the network's weights and nothing else.</summary>
    /// <returns>Their name.</returns>
    public string Integers(IEnumerable<int> values)
    {
        string name = $"shape/{string.Join('x', values)}";
        if (names.Add(name))
            nodes.Add(OnnxMessages.Node("Constant", [], name, OnnxMessages.Attribute("value_ints", values)));
        return name;
    }

    /// <summary>One whole number without an axis, as a constant node.</summary>
    /// <returns>Its name.</returns>
    public string Integer(long value)
    {
        string name = FormattableString.Invariant($"integer/{value}");
        if (names.Add(name))
            nodes.Add(OnnxMessages.Node("Constant", [], name, OnnxMessages.Attribute("value_int", value)));
        return name;
    }

    /// <summary>A number in single precision, as a constant node.</summary>
    /// <returns>Its name.</returns>
    public string Number(float value)
    {
        string name = FormattableString.Invariant($"number/{value:R}");
        if (names.Add(name))
            nodes.Add(OnnxMessages.Node("Constant", [], name, OnnxMessages.Attribute("value_float", value)));
        return name;
    }

    /// <summary>A list of numbers in single precision, as a constant node.</summary>
    /// <returns>Its name.</returns>
    public string Numbers(IEnumerable<float> values)
    {
        string name = $"{NumbersPrefix}{string.Join('x', values.Select(value => FormattableString.Invariant($"{value:R}")))}";
        if (names.Add(name))
            nodes.Add(OnnxMessages.Node("Constant", [], name, OnnxMessages.Attribute("value_floats", values)));
        return name;
    }

    void Add(StoredTensor tensor)
    {
        if (names.Add(tensor.Name))
            initialisers.Add(OnnxMessages.Initialiser(tensor));
    }
}
