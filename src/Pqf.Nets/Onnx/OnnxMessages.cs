using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx;

/// <summary>The messages of an ONNX model, of which only the fields needed here are known.</summary>
/// <remarks>Source of the field numbers: onnx.proto of the ONNX project, version 1.12 (IR version 8, opset 17).</remarks>
static class OnnxMessages
{
    /// <summary>The oldest in which all that is written here exists.</summary>
    const int IrVersion = 8,
        Opset = 17;

    const int SingleAttribute = 1,
        IntegerAttribute = 2,
        TextAttribute = 3,
        TensorAttribute = 4,
        SinglesAttribute = 6,
        IntegersAttribute = 7;

    /// <summary>A whole model: the fields of a file.</summary>
    /// <param name="graph">Made by <see cref="Graph"/>.</param>
    /// <param name="metadata">Text beside it, written in ordinal order of its keys.</param>
    public static ImmutableArray<WireField> Model(WireField graph, IReadOnlyDictionary<string, string> metadata) =>
        [
            WireField.Integer(1, IrVersion),
            WireField.Text(2, "pqf"),
            graph,
            WireField.Message(8, WireField.Integer(2, Opset)),
            .. metadata
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => WireField.Message(14, WireField.Text(1, pair.Key), WireField.Text(2, pair.Value))),
        ];

    /// <summary>The model's graph.</summary>
    /// <param name="name">What the network is called.</param>
    /// <param name="nodes">Made by <see cref="Node"/>, in an order in which each reads earlier values only.</param>
    /// <param name="initialisers">Made by <see cref="Initialiser"/>.</param>
    /// <param name="input">Made by <see cref="Input"/>.</param>
    /// <param name="outputs">Made by <see cref="Output"/>.</param>
    public static WireField Graph(
        string name,
        IEnumerable<WireField> nodes,
        IEnumerable<WireField> initialisers,
        WireField input,
        IEnumerable<WireField> outputs
    ) => WireField.Message(7, [.. nodes, WireField.Text(2, name), .. initialisers, input, .. outputs]);

    /// <summary>One operation.</summary>
    /// <param name="operation">Its name in the standard: <c>Conv</c>.</param>
    /// <param name="inputs">Names of values or initialisers.</param>
    /// <param name="output">Name of its value.</param>
    /// <param name="attributes">Whole numbers, or lists of them.</param>
    public static WireField Node(string operation, IEnumerable<string> inputs, string output, params IEnumerable<WireField> attributes) =>
        NodeOfSeveral(operation, inputs, [output], attributes);

    /// <summary>One operation of several values.</summary>
    /// <inheritdoc cref="Node"/>
    /// <param name="outputs">Names of its values; empty for one that nobody reads.</param>
    public static WireField NodeOfSeveral(
        string operation,
        IEnumerable<string> inputs,
        string[] outputs,
        IEnumerable<WireField> attributes
    ) =>
        WireField.Message(
            1,
            [
                .. inputs.Select(input => WireField.Text(1, input)),
                .. outputs.Select(output => WireField.Text(2, output)),
                WireField.Text(4, operation),
                .. attributes,
            ]
        );

    /// <summary>A whole number that an operation is given.</summary>
    public static WireField Attribute(string name, long value) =>
        WireField.Message(5, WireField.Text(1, name), WireField.Integer(3, value), WireField.Integer(20, IntegerAttribute));

    /// <summary>A number in single precision that an operation is given.</summary>
    public static WireField Attribute(string name, float value) =>
        WireField.Message(5, WireField.Text(1, name), WireField.Single(2, value), WireField.Integer(20, SingleAttribute));

    /// <summary>A tensor that an operation is given.</summary>
    /// <remarks>Attributes have tensors in the field in which graphs have initialisers.</remarks>
    public static WireField Attribute(string name, StoredTensor value) =>
        WireField.Message(5, WireField.Text(1, name), Initialiser(value), WireField.Integer(20, TensorAttribute));

    /// <summary>A word that an operation is given.</summary>
    public static WireField Attribute(string name, string value) =>
        WireField.Message(5, WireField.Text(1, name), WireField.Text(4, value), WireField.Integer(20, TextAttribute));

    /// <summary>A list of numbers in single precision that an operation is given.</summary>
    public static WireField Attribute(string name, IEnumerable<float> values) =>
        WireField.Message(
            5,
            [WireField.Text(1, name), .. values.Select(value => WireField.Single(7, value)), WireField.Integer(20, SinglesAttribute)]
        );

    /// <summary>A list of whole numbers that an operation is given.</summary>
    public static WireField Attribute(string name, IEnumerable<int> values) =>
        WireField.Message(
            5,
            [WireField.Text(1, name), .. values.Select(value => WireField.Integer(8, value)), WireField.Integer(20, IntegersAttribute)]
        );

    /// <summary>The attributes of a moving window.</summary>
    /// <param name="kernel">Its taps.</param>
    /// <param name="stride">Its steps.</param>
    /// <param name="padding">Pixels added above and on the left.</param>
    /// <param name="endPadding">Pixels added below and on the right.</param>
    public static IEnumerable<WireField> Window(Pair kernel, Pair stride, Pair padding, Pair endPadding) =>
        [
            Attribute("kernel_shape", [kernel.H, kernel.W]),
            Attribute("strides", [stride.H, stride.W]),
            Attribute("pads", [padding.H, padding.W, endPadding.H, endPadding.W]),
        ];

    /// <summary>A tensor of the file.</summary>
    public static WireField Initialiser(StoredTensor tensor) =>
        WireField.Message(
            5,
            [
                .. tensor.Shape.Select(length => WireField.Integer(1, length)),
                WireField.Integer(2, OnnxTypes.NumberOf(tensor.Type)),
                WireField.Text(8, tensor.Name),
                WireField.Bytes(9, tensor),
            ]
        );

    /// <summary>The graph's input.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Axis lengths, the first of which only names the axis.</param>
    public static WireField Input(string name, IEnumerable<int> shape) => Value(11, name, shape);

    /// <summary>The graph's output.</summary>
    /// <inheritdoc cref="Input"/>
    public static WireField Output(string name, IEnumerable<int> shape) => Value(12, name, shape);

    /// <summary>The graph's input, single precision.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="axes">For each axis its length, or the name of a length that is open.</param>
    public static WireField OpenInput(string name, string[] axes) => Value(11, name, DType.F32, axes.Select(Axis));

    /// <summary>The graph's output.</summary>
    /// <inheritdoc cref="OpenInput"/>
    /// <param name="type">Of its elements.</param>
    public static WireField OpenOutput(string name, DType type, string[] axes) => Value(12, name, type, axes.Select(Axis));

    /// <summary>Writes a file's fields.</summary>
    public static void Write(Stream stream, IEnumerable<WireField> fields)
    {
        using var output = new CodedOutputStream(stream, leaveOpen: true);
        foreach (var field in fields)
            field.Write(output);
    }

    /// <summary>Single precision; the first axis is the batch, of any length.</summary>
    static WireField Value(int number, string name, IEnumerable<int> shape) =>
        Value(number, name, DType.F32, shape.Select((length, axis) => axis == 0 ? WireField.Text(2, "N") : WireField.Integer(1, length)));

    static WireField Value(int number, string name, DType kind, IEnumerable<WireField> axes)
    {
        var shape = WireField.Message(2, axes.Select(axis => WireField.Message(1, axis)));
        var type = WireField.Message(1, WireField.Integer(1, OnnxTypes.NumberOf(kind)), shape);
        return WireField.Message(number, WireField.Text(1, name), WireField.Message(2, type));
    }

    static WireField Axis(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            ? WireField.Integer(1, length)
            : WireField.Text(2, text);
}
