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

    /// <summary>A layer's weight of less than single precision, decoded by the graph.</summary>
    /// <returns>Its name.</returns>
    public string Decoded(string layer, Weight weight) => weight.Match(dense => Decoded(layer, dense), quantised => Decoded(layer, quantised));

    /// <summary>Rows of the codebook picked by the codes, put into the weight's shape.</summary>
    string Decoded(string layer, Weight.Quantised weight)
    {
        string decoded = $"{layer}.weight",
            codes = $"{layer}.codes_matrix",
            codebook = $"{layer}.codebook";
        if (!names.Add(decoded))
            return decoded;
        Add(StateDict.Codes(codes, weight, DType.U16));
        Convert(codes, $"{codes}/int32", DType.I32);
        string words = Singles(codebook, StateDict.Codebook(codebook, weight), []);
        nodes.Add(OnnxMessages.Node("Gather", [words, $"{codes}/int32"], $"{layer}/blocks"));
        nodes.Add(OnnxMessages.Node("Reshape", [$"{layer}/blocks", Integers(weight.Shape)], decoded));
        return decoded;
    }

    string Decoded(string layer, Weight.Dense weight)
    {
        string name = $"{layer}.weight";
        return names.Contains($"{name}/float")
            ? $"{name}/float"
            : Singles(name, StateDict.Stored(name, weight), [weight.Shape[0], .. Enumerable.Repeat(1, weight.Shape.Rank - 1)]);
    }

    /// <summary>Values in single precision, of the tensors that hold them.</summary>
    /// <param name="name">Of the values.</param>
    /// <param name="stored">Halves, or codes and scales.</param>
    /// <param name="scales">Shape of the scales beside the values; none where there is one scale.</param>
    /// <returns>Their name.</returns>
    string Singles(string name, StoredTensor[] stored, int[] scales)
    {
        string singles = $"{name}/float";
        names.Add(singles);
        foreach (var tensor in stored)
            Add(tensor);
        if (stored is not [var codes, var scale])
        {
            Convert(stored[0].Name, singles, DType.F32);
            return singles;
        }

        Convert(codes.Name, $"{codes.Name}/float", DType.F32);
        Convert(scale.Name, $"{scale.Name}/float", DType.F32);
        string factors = $"{scale.Name}/float";
        if (scales is not [])
            nodes.Add(OnnxMessages.Node("Reshape", [factors, Integers(scales)], factors = $"{scale.Name}/rows"));
        nodes.Add(OnnxMessages.Node("Mul", [$"{codes.Name}/float", factors], singles));
        return singles;
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
        string name = $"numbers/{string.Join('x', values.Select(value => FormattableString.Invariant($"{value:R}")))}";
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
