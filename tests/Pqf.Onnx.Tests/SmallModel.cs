using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Testing;

namespace Pqf.Onnx.Tests;

/// <summary>A small ONNX model, node by node: images named x in, one or several values out.</summary>
sealed class SmallModel
{
    const int SingleType = 1;

    readonly List<WireField> nodes = [],
        initialisers = [];
    readonly List<(string Name, int Rank)> outputs = [];
    readonly int?[] input;
    int count;

    /// <summary>A model of a version of the operations.</summary>
    /// <param name="opset">The version.</param>
    /// <param name="input">[N, C, H, W]; null for an axis of any length.</param>
    public SmallModel(int opset, params int?[] input) => (Opset, this.input) = (opset, input);

    public int Opset { get; }

    /// <summary>In order.</summary>
    public IEnumerable<string> OutputNames => outputs.Select(output => output.Name);

    /// <summary>A node of one value.</summary>
    /// <returns>The value's name.</returns>
    public string Node(string operation, IEnumerable<string> inputs, params IEnumerable<WireField> attributes)
    {
        string output = $"v{++count}";
        nodes.Add(OnnxMessages.Node(operation, inputs, output, attributes));
        return output;
    }

    /// <summary>A node of several values.</summary>
    public string[] Nodes(string operation, int outputCount, IEnumerable<string> inputs, params IEnumerable<WireField> attributes)
    {
        string[] made = [.. Enumerable.Range(0, outputCount).Select(_ => $"v{++count}")];
        nodes.Add(
            WireField.Message(
                1,
                [
                    .. inputs.Select(name => WireField.Text(1, name)),
                    .. made.Select(name => WireField.Text(2, name)),
                    WireField.Text(4, operation),
                    .. attributes,
                ]
            )
        );
        return made;
    }

    /// <summary>A node as it is given.</summary>
    public SmallModel Raw(WireField node)
    {
        nodes.Add(node);
        return this;
    }

    /// <summary>A tensor of values around 0, drawn from its name.</summary>
    public string Weight(string name, params int[] shape)
    {
        Shape s = new(shape);
        initialisers.Add(
            OnnxMessages.Initialiser(
                StoredTensor.FromSingles(name, s, [.. GeneratedWeights.Uniform(name, s.Count).Select(value => (float)value)])
            )
        );
        return name;
    }

    /// <summary>A tensor of given values.</summary>
    public string Values(string name, int[] shape, params float[] values)
    {
        initialisers.Add(OnnxMessages.Initialiser(StoredTensor.FromSingles(name, new(shape), values)));
        return name;
    }

    /// <summary>A tensor of values from 0.5 to 1.5, for variances.</summary>
    public string Positive(string name, int length) =>
        Values(name, [length], [.. GeneratedWeights.Uniform(name, length).Select(value => 1 + (float)(value / 2))]);

    /// <summary>A number.</summary>
    public string Number(float value) => Values($"number{++count}", [], value);

    /// <summary>A list of whole numbers.</summary>
    public string Integers(params long[] values)
    {
        string name = $"integers{++count}";
        initialisers.Add(OnnxMessages.Initialiser(StoredTensor.FromValues(name, DType.I64, [values.Length], values)));
        return name;
    }

    /// <summary>A whole number.</summary>
    public string Integer(long value)
    {
        string name = $"integer{++count}";
        initialisers.Add(OnnxMessages.Initialiser(StoredTensor.FromValues(name, DType.I64, [], [value])));
        return name;
    }

    /// <summary>A convolution 1×1, so that a model has a weight.</summary>
    public string Mixed(string x, int inChannels, int outChannels)
    {
        string name = $"mixed{++count}";
        return Node("Conv", [x, Weight($"{name}.weight", outChannels, inChannels, 1, 1), Weight($"{name}.bias", outChannels)]);
    }

    /// <summary>Makes a value an output.</summary>
    public SmallModel Output(string name, int rank)
    {
        outputs.Add((name, rank));
        return this;
    }

    /// <summary>The model's file.</summary>
    public byte[] ToBytes()
    {
        var graph = WireField.Message(
            7,
            [
                .. nodes,
                WireField.Text(2, "small"),
                .. initialisers,
                Value(11, "x", input),
                .. outputs.Select(output => Value(12, output.Name, new int?[output.Rank])),
            ]
        );
        using var stream = new MemoryStream();
        OnnxMessages.Write(stream, [WireField.Integer(1, 8), graph, WireField.Message(8, WireField.Integer(2, Opset))]);
        return stream.ToArray();
    }

    static WireField Value(int number, string name, int?[] lengths)
    {
        var axes = lengths.Select(
            (length, axis) => WireField.Message(1, length is { } known ? WireField.Integer(1, known) : WireField.Text(2, $"{name}_{axis}"))
        );
        var type = WireField.Message(1, WireField.Integer(1, SingleType), WireField.Message(2, axes));
        return WireField.Message(number, WireField.Text(1, name), WireField.Message(2, type));
    }
}
