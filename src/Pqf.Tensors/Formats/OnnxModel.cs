using System.Collections.Immutable;

namespace Pqf.Tensors.Formats;

/// <summary>A value that a model's graph is given.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Of its elements; null if networks are not stored in it, or if it is no tensor.</param>
sealed record OnnxInput(string Name, DType? Type);

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
        MaxNames = 1_000_000;

    /// <summary>Every value that does not depend on the inputs, and can be computed.</summary>
    public required OnnxConstants Constants { get; init; }

    /// <summary>Reads the graphs of a model; there is one, unless it comes in parts.</summary>
    /// <param name="storage">The model.</param>
    /// <param name="graphs">First byte and bytes of each message.</param>
    /// <exception cref="InvalidDataException">Something is damaged.</exception>
    public static OnnxModel Read(OnnxStorage storage, IEnumerable<(int Start, int Length)> graphs)
    {
        var nodes = ImmutableArray.CreateBuilder<OnnxNode>();
        var initialisers = ImmutableArray.CreateBuilder<StoredTensor>();
        var inputs = ImmutableArray.CreateBuilder<OnnxInput>();
        var outputs = ImmutableArray.CreateBuilder<string>();
        long names = 0;
        foreach (var (start, length) in graphs)
        {
            var graph = storage.Message(start, length);
            while (graph.Next())
            {
                if (graph.Kind != WireKind.Bytes)
                    continue;
                switch (graph.Number)
                {
                    case 1:
                        nodes.Add(OnnxNode.Read(storage, graph.BytesStart, graph.Bytes.Length));
                        names += nodes[^1].Inputs.Length + nodes[^1].Outputs.Length + nodes[^1].Attributes.Count;
                        break;
                    case 5:
                        initialisers.Add(OnnxTensor.Read(storage, graph.BytesStart, graph.Bytes.Length));
                        break;
                    case 11:
                        inputs.Add(Value(new(graph.Bytes, graph.BytesStart)));
                        break;
                    case 12:
                        outputs.Add(Value(new(graph.Bytes, graph.BytesStart)).Name);
                        break;
                    default:
                        break; // types of values, documentation
                }

                Bound(nodes.Count, MaxNodes, "nodes");
                Bound(initialisers.Count, MaxTensors, "initialisers");
                Bound(names + inputs.Count + outputs.Count, MaxNames, "inputs, outputs and attributes");
            }
        }

        var (allNodes, allInitialisers) = (nodes.DrainToImmutable(), initialisers.DrainToImmutable());
        return new(allNodes, inputs.DrainToImmutable(), outputs.DrainToImmutable(), allInitialisers)
        {
            Constants = OnnxConstants.Of(allNodes, allInitialisers),
        };
    }

    static void Bound(long count, int most, string what)
    {
        if (count > most)
            throw new InvalidDataException($"ONNX model of more than {most} {what}");
    }

    /// <summary>Name and element type of a ValueInfoProto: its field 2 is a type, whose field 1 is that of a tensor.</summary>
    static OnnxInput Value(WireFields value)
    {
        string name = "";
        DType? type = null;
        while (value.Next())
        {
            if (value is { Number: 1, Kind: WireKind.Bytes })
                name = OnnxFile.Text(value.Bytes);
            else if (value is { Number: 2, Kind: WireKind.Bytes })
                type = ElementType(new(value.Bytes, value.BytesStart));
        }

        return new(name, type);
    }

    static DType? ElementType(WireFields type)
    {
        DType? element = null;
        while (type.Next())
        {
            if (type is not { Number: 1, Kind: WireKind.Bytes })
                continue;
            var tensor = new WireFields(type.Bytes, type.BytesStart);
            while (tensor.Next())
                if (tensor is { Number: 1, Kind: WireKind.Varint })
                    element = OnnxTypes.TypeOf((long)tensor.Value);
        }

        return element;
    }
}
