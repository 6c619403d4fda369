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

    /// <summary>All initialisers, in the order in which they were asked for.</summary>
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
    public string Decoded(string layer, Weight weight) =>
        weight.Match(dense => Decoded(layer, dense), quantised => Decoded(layer, quantised));

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
        string words = weight.CodebookForm == ValueForm.Half ? $"{codebook}/float" : codebook;
        Singles(codebook, words, StateDict.Codebook(codebook, weight));
        nodes.Add(OnnxMessages.Node("Gather", [words, $"{codes}/int32"], $"{layer}/blocks"));
        nodes.Add(OnnxMessages.Node("Reshape", [$"{layer}/blocks", Integers(weight.Shape)], decoded));
        return decoded;
    }

    string Decoded(string layer, Weight.Dense weight)
    {
        string name = $"{layer}.weight",
            decoded = weight.Form == ValueForm.Half ? $"{name}/float" : name;
        if (names.Add(decoded))
            Singles(name, decoded, StateDict.Stored(name, weight));
        return decoded;
    }

    /// <summary>Values in single precision, of the tensors that hold them: halves, or codes and scales.</summary>
    /// <param name="name">Of the values in a state dict.</param>
    /// <param name="singles">Of the values in single precision.</param>
    /// <param name="stored">As files hold them.</param>
    void Singles(string name, string singles, StoredTensor[] stored)
    {
        if (stored is not [var codes, var scale])
        {
            Add(stored[0]);
            Convert(name, singles, DType.F32);
            return;
        }

        // The operation has scales in half precision from opset 19 on only, and a single one without an axis.
        bool isWhole = scale.Shape[0] == 1 && codes.Shape[0] != 1;
        Add(codes);
        Add(new(scale.Name, DType.F32, isWhole ? [] : scale.Shape, bytes => scale.ReadSingles(MemoryMarshal.Cast<byte, float>(bytes))));
        nodes.Add(
            OnnxMessages.Node("DequantizeLinear", [codes.Name, scale.Name], singles, isWhole ? [] : [OnnxMessages.Attribute("axis", 0)])
        );
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
