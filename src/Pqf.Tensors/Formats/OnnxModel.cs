using System.Collections.Immutable;

namespace Pqf.Tensors.Formats;

/// <summary>A value that a model's graph is given.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Of its elements; null if networks are not stored in it, or if it is no tensor.</param>
sealed record OnnxInput(string Name, DType? Type)
{
    /// <summary>Axis lengths, null for one that is any length; null if the model does not say how many axes there are.</summary>
    public ImmutableArray<long?>? Lengths { get; init; }
}

/// <summary>What the graph of an ONNX model consists of.</summary>
/// <param name="Nodes">In file order: each reads the values of earlier ones.</param>
/// <param name="Inputs">What a run is given. Old models list initialisers here too.</param>
/// <param name="Outputs">Names of the values that a run gives.</param>
/// <param name="Initialisers">Tensors of the file, names unique.</param>
sealed record OnnxModel(
    ImmutableArray<OnnxNode> Nodes,
    ImmutableArray<OnnxInput> Inputs,
    ImmutableArray<string> Outputs,
    ImmutableArray<StoredTensor> Initialisers
)
{
    const int MaxTensors = 100_000,
        MaxNodes = 100_000,
        MaxNames = 1_000_000,
        MaxAxes = 64;

    /// <summary>Every value that does not depend on the inputs, and can be computed.</summary>
    public required OnnxConstants Constants { get; init; }

    /// <summary>The files that it was read from.</summary>
    public required OnnxStorage Storage { get; init; }

    /// <summary>Version of the ONNX project's operations; 1 if the model does not say.</summary>
    public int Opset { get; init; } = 1;

    /// <summary>Reads the graphs of a model; there is one, unless it comes in parts.</summary>
    /// <param name="storage">The model.</param>
    /// <param name="graphs">First byte and bytes of each message.</param>
    /// <exception cref="InvalidDataException">Something is damaged.</exception>
    public static OnnxModel Read(OnnxStorage storage, IEnumerable<(int Start, int Length)> graphs)
    {
        var parts = new Parts();
        foreach (var (start, length) in graphs)
        {
            var graph = storage.Message(start, length);
            while (graph.Next())
                if (graph.Kind == WireKind.Bytes)
                    parts.Add(storage, graph);
        }

        ImmutableArray<OnnxNode> nodes = [.. parts.Nodes];
        ImmutableArray<StoredTensor> initialisers = [.. parts.Initialisers];
        return new(nodes, [.. parts.Inputs], [.. parts.Outputs], initialisers)
        {
            Constants = OnnxConstants.Of(nodes, initialisers),
            Storage = storage,
        };
    }

    static void Bound(long count, int most, string what)
    {
        if (count > most)
            throw new InvalidDataException($"ONNX model of more than {most} {what}");
    }

    /// <summary>Name and type of a ValueInfoProto: its field 2 is a type, whose field 1 is that of a tensor.</summary>
    static OnnxInput Value(WireFields value)
    {
        var input = new OnnxInput("", null);
        while (value.Next())
        {
            if (value is { Number: 1, Kind: WireKind.Bytes })
                input = input with { Name = OnnxFile.Text(value.Bytes) };
            else if (value is { Number: 2, Kind: WireKind.Bytes })
                input = Typed(input, new(value.Bytes, value.BytesStart));
        }

        return input;
    }

    static OnnxInput Typed(OnnxInput input, WireFields type)
    {
        while (type.Next())
        {
            if (type is not { Number: 1, Kind: WireKind.Bytes })
                continue;
            var tensor = new WireFields(type.Bytes, type.BytesStart);
            while (tensor.Next())
                if (tensor is { Number: 1, Kind: WireKind.Varint })
                    input = input with { Type = OnnxTypes.TypeOf((long)tensor.Value) };
                else if (tensor is { Number: 2, Kind: WireKind.Bytes })
                    input = input with { Lengths = Lengths(new(tensor.Bytes, tensor.BytesStart)) };
        }

        return input;
    }

    /// <summary>Axis lengths of a TensorShapeProto: its field 1 is an axis, whose field 1 is a length.</summary>
    static ImmutableArray<long?> Lengths(WireFields shape)
    {
        var lengths = ImmutableArray.CreateBuilder<long?>();
        while (shape.Next())
        {
            if (shape is not { Number: 1, Kind: WireKind.Bytes })
                continue;
            Bound(lengths.Count, MaxAxes, "axes of a value");
            long? length = null;
            var axis = new WireFields(shape.Bytes, shape.BytesStart);
            while (axis.Next())
                if (axis is { Number: 1, Kind: WireKind.Varint })
                    length = (long)axis.Value;
            lengths.Add(length);
        }

        return lengths.ToImmutable();
    }

    /// <summary>What was read of a graph so far.</summary>
    sealed class Parts
    {
        public List<OnnxNode> Nodes { get; } = [];
        public List<StoredTensor> Initialisers { get; } = [];
        public List<OnnxInput> Inputs { get; } = [];
        public List<string> Outputs { get; } = [];

        long names;

        /// <summary>Reads one field; others, such as types of values, do not matter.</summary>
        public void Add(OnnxStorage storage, WireFields field)
        {
            if (field.Number == 1)
            {
                var node = OnnxNode.Read(storage, field.BytesStart, field.Bytes.Length);
                Nodes.Add(node);
                names += node.Inputs.Length + node.Outputs.Length + node.Attributes.Count;
            }
            else if (field.Number == 5)
                Initialisers.Add(OnnxTensor.Read(storage, field.BytesStart, field.Bytes.Length));
            else if (field.Number == 11)
                Inputs.Add(Value(new(field.Bytes, field.BytesStart)));
            else if (field.Number == 12)
                Outputs.Add(Value(new(field.Bytes, field.BytesStart)).Name);
            Bound(Nodes.Count, MaxNodes, "nodes");
            Bound(Initialisers.Count, MaxTensors, "initialisers");
            Bound(names + Inputs.Count + Outputs.Count, MaxNames, "inputs, outputs and attributes");
        }
    }
}
