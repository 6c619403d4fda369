using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Testing;

namespace Pqf.Onnx.Tests;

/// <summary>An ONNX model of any form, node by node: several inputs, graphs within nodes, tensors of any type and place.</summary>
/// <param name="opset">Version of the operations.</param>
/// <param name="draw">Gives the values of a weight; null draws them from its name, in half precision.</param>
sealed class FreeModel(int opset, Func<string, Shape, float[]>? draw = null)
{
    const int GraphAttribute = 5;

    readonly List<WireField> nodes = [],
        initialisers = [],
        ends = [];

    /// <summary>Version of the format.</summary>
    public int Format { get; init; } = 8;

    /// <summary>Whether initialisers are inputs too, as models of the oldest formats demand.</summary>
    public bool ListsInitialisers { get; init; }

    /// <summary>Receives values that are to be in a file beside the model; null keeps them in it.</summary>
    public Stream? Outside { get; init; }

    /// <summary>Weights in the order in which they were added.</summary>
    public Dictionary<string, (Shape Shape, float[] Values)> Weights { get; } = [];

    /// <summary>The values that weights have if nothing else is asked for: around 0, exact in half precision.</summary>
    public static float[] Drawn(string name, Shape shape) =>
        [.. GeneratedWeights.Uniform(name, shape.Count).Select(value => (float)(Half)(value - 0.5))];

    /// <summary>A node of one value.</summary>
    public string Node(string operation, string[] inputs, string output, params IEnumerable<WireField> attributes)
    {
        nodes.Add(OnnxMessages.Node(operation, inputs, output, attributes));
        return output;
    }

    /// <summary>A node as it is given.</summary>
    public void Raw(WireField node) => nodes.Add(node);

    /// <summary>A weight.</summary>
    public string Weight(string name, DType type, params int[] shape)
    {
        Shape s = new(shape);
        float[] values = (draw ?? Drawn)(name, s);
        Weights.Add(name, (s, values));
        return Tensor(Typed(name, type, s, values));
    }

    /// <summary>A weight that a node gives.</summary>
    public string ConstantWeight(string name, params int[] shape)
    {
        Shape s = new(shape);
        float[] values = (draw ?? Drawn)(name, s);
        Weights.Add(name, (s, values));
        return Node("Constant", [], name, OnnxMessages.Attribute("value", StoredTensor.FromSingles("", s, values)));
    }

    /// <summary>A tensor that is no weight.</summary>
    public string Tensor(StoredTensor tensor)
    {
        initialisers.Add(Outside is { } file ? External(tensor, file) : OnnxMessages.Initialiser(tensor));
        if (ListsInitialisers)
            ends.Add(Value(11, tensor.Name, OnnxTypes.NumberOf(tensor.Type), [.. tensor.Shape.Select(length => (int?)length)]));
        return tensor.Name;
    }

    /// <summary>An input of single precision, or of another type.</summary>
    public string Input(string name, int?[] lengths, DType type = DType.F32)
    {
        ends.Add(Value(11, name, OnnxTypes.NumberOf(type), lengths));
        return name;
    }

    /// <summary>Makes a value an output.</summary>
    public FreeModel Output(string name, DType type = DType.F32)
    {
        ends.Add(
            WireField.Message(
                12,
                WireField.Text(1, name),
                WireField.Message(2, WireField.Message(1, WireField.Integer(1, OnnxTypes.NumberOf(type))))
            )
        );
        return this;
    }

    /// <summary>The model as a graph within a node.</summary>
    public WireField AsAttribute(string name) =>
        WireField.Message(5, WireField.Text(1, name), Graph(6), WireField.Integer(20, GraphAttribute));

    /// <summary>The model's file.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        OnnxMessages.Write(
            stream,
            [
                WireField.Integer(1, Format),
                WireField.Text(2, "a program"),
                WireField.Integer(5, 12),
                Graph(7),
                WireField.Message(8, WireField.Text(1, ""), WireField.Integer(2, opset)),
                // Operations of another domain, though none is used; and text of the program's own.
                WireField.Message(8, WireField.Text(1, "another.domain"), WireField.Integer(2, 1)),
                WireField.Message(14, WireField.Text(1, "license"), WireField.Text(2, "free")),
            ]
        );
        return stream.ToArray();
    }

    WireField Graph(int number) =>
        WireField.Message(number, [.. nodes, WireField.Text(2, "free"), .. initialisers, WireField.Text(10, "about the graph"), .. ends]);

    static StoredTensor Typed(string name, DType type, Shape shape, float[] values) =>
        type switch
        {
            DType.F16 => StoredTensor.FromValues(name, type, shape, Array.ConvertAll(values, value => (Half)value)),
            DType.F64 => StoredTensor.FromValues(name, type, shape, Array.ConvertAll(values, value => (double)value)),
            _ => StoredTensor.FromSingles(name, shape, values),
        };

    static WireField External(StoredTensor tensor, Stream file)
    {
        long offset = file.Position;
        byte[] bytes = new byte[tensor.SizeBytes];
        tensor.ReadBytes(bytes);
        file.Write(bytes);
        return WireField.Message(
            5,
            [
                .. tensor.Shape.Select(length => WireField.Integer(1, length)),
                WireField.Integer(2, OnnxTypes.NumberOf(tensor.Type)),
                WireField.Text(8, tensor.Name),
                Entry("location", "weights.bin"),
                Entry("offset", $"{offset}"),
                Entry("length", $"{bytes.Length}"),
                WireField.Integer(14, 1),
            ]
        );

        static WireField Entry(string key, string value) => WireField.Message(13, WireField.Text(1, key), WireField.Text(2, value));
    }

    static WireField Value(int number, string name, int type, int?[] lengths)
    {
        var axes = lengths.Select(
            (length, axis) => WireField.Message(1, length is { } known ? WireField.Integer(1, known) : WireField.Text(2, $"{name}_{axis}"))
        );
        var tensor = WireField.Message(1, WireField.Integer(1, type), WireField.Message(2, axes));
        return WireField.Message(number, WireField.Text(1, name), WireField.Message(2, tensor));
    }
}
