using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Pqf.Tensors.Formats;

/// <summary>One operation of an ONNX model.</summary>
/// <param name="Name">Its name; empty if it has none.</param>
/// <param name="Domain">Who defined the operation; empty for the ONNX project.</param>
/// <param name="Operator">The operation: <c>Conv</c>.</param>
/// <param name="Inputs">Names of the values read; empty for one that is left out.</param>
/// <param name="Outputs">Names of the values made; empty for one that nobody reads.</param>
/// <param name="Attributes">By name.</param>
/// <remarks>Source: the message <c>NodeProto</c> of the ONNX project's onnx.proto.</remarks>
sealed record OnnxNode(
    string Name,
    string Domain,
    string Operator,
    ImmutableArray<string> Inputs,
    ImmutableArray<string> Outputs,
    IReadOnlyDictionary<string, OnnxAttribute> Attributes
)
{
    /// <summary>More than any tensor has axes: longer lists are weights.</summary>
    const int MaxIntegers = 256;

    /// <summary>Name of the first value made; empty if there is none.</summary>
    public string Output => Outputs.IsEmpty ? "" : Outputs[0];

    /// <summary>Whether the ONNX project defined the operation.</summary>
    public bool IsStandard => Domain is "" or "ai.onnx";

    /// <summary>For messages: the operator, and the node's name or that of its value.</summary>
    public string Text => $"{Operator} node {(Name.Length > 0 ? Name : Output)}";

    /// <summary>Name of a value read; empty if there is none.</summary>
    public string Input(int i) => i < Inputs.Length ? Inputs[i] : "";

    /// <summary>A whole number among the attributes.</summary>
    /// <param name="name">The attribute's name.</param>
    /// <param name="otherwise">Taken if there is no such attribute.</param>
    /// <returns>Its value; null if it is of another kind.</returns>
    public long? Integer(string name, long otherwise) =>
        !Attributes.TryGetValue(name, out var attribute) ? otherwise
        : attribute is OnnxAttribute.Integer x ? x.Value
        : null;

    /// <summary>A number among the attributes.</summary>
    /// <inheritdoc cref="Integer"/>
    public float? Single(string name, float otherwise) =>
        !Attributes.TryGetValue(name, out var attribute) ? otherwise
        : attribute is OnnxAttribute.Single x ? x.Value
        : null;

    /// <summary>A text among the attributes.</summary>
    /// <inheritdoc cref="Integer"/>
    public string? Word(string name, string otherwise) =>
        !Attributes.TryGetValue(name, out var attribute) ? otherwise
        : attribute is OnnxAttribute.Text x ? x.Value
        : null;

    /// <summary>A list of whole numbers among the attributes.</summary>
    /// <inheritdoc cref="Integer"/>
    public ImmutableArray<long>? Integers(string name, ImmutableArray<long> otherwise) =>
        !Attributes.TryGetValue(name, out var attribute) ? otherwise
        : attribute is OnnxAttribute.Tensor { Value: { Type: DType.I64, Shape: { Rank: 1, Count: <= MaxIntegers } } x } ? Integers(x)
        : null;

    /// <summary>The values of a list.</summary>
    /// <param name="list"><see cref="DType.I64"/>.</param>
    public static ImmutableArray<long> Integers(StoredTensor list)
    {
        long[] values = new long[list.Shape.Count];
        list.ReadBytes(MemoryMarshal.AsBytes(values.AsSpan()));
        return [.. values];
    }

    /// <summary>A tensor, or a list of numbers, among the attributes; null if there is none.</summary>
    public StoredTensor? Tensor(string name) =>
        Attributes.TryGetValue(name, out var attribute) && attribute is OnnxAttribute.Tensor x ? x.Value : null;

    /// <summary>Reads one.</summary>
    /// <param name="storage">The model.</param>
    /// <param name="start">First byte of the message.</param>
    /// <param name="length">Bytes of the message.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static OnnxNode Read(OnnxStorage storage, int start, int length)
    {
        string name = "",
            type = "",
            domain = "";
        var (inputs, outputs, attributes) = (new List<string>(), new List<string>(), new List<(int Start, int Length)>());
        var fields = storage.Message(start, length);
        while (fields.Next())
        {
            if (fields.Kind != WireKind.Bytes)
                continue;
            if (fields.Number == 1)
                inputs.Add(OnnxFile.Text(fields.Bytes));
            else if (fields.Number == 2)
                outputs.Add(OnnxFile.Text(fields.Bytes));
            else if (fields.Number == 3)
                name = OnnxFile.Text(fields.Bytes);
            else if (fields.Number == 4)
                type = OnnxFile.Text(fields.Bytes);
            else if (fields.Number == 5)
                attributes.Add((fields.BytesStart, fields.Bytes.Length));
            else if (fields.Number == 7)
                domain = OnnxFile.Text(fields.Bytes);
        }

        var node = new OnnxNode(name, domain, type, [.. inputs], [.. outputs], ImmutableDictionary<string, OnnxAttribute>.Empty);
        return attributes.Count == 0 ? node : node with { Attributes = Named(storage, node, attributes) };
    }

    static Dictionary<string, OnnxAttribute> Named(OnnxStorage storage, OnnxNode node, List<(int Start, int Length)> messages)
    {
        var attributes = new Dictionary<string, OnnxAttribute>();
        foreach (var (start, length) in messages)
        {
            var (name, value) = OnnxAttribute.Read(storage, start, length, node.Output);
            if (!attributes.TryAdd(name, value))
                throw new InvalidDataException($"{node.Text}: {name} occurs twice");
        }

        return attributes;
    }
}
