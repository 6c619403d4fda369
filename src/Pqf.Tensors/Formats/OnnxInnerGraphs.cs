namespace Pqf.Tensors.Formats;

/// <summary>The graphs within the nodes of a model: branches of <c>If</c>, bodies of <c>Loop</c> and <c>Scan</c>. They read values of the
/// graph around them by name.</summary>
sealed class OnnxInnerGraphs
{
    /// <summary>Graphs within graphs: more than any program writes.</summary>
    const int MaxDepth = 16;

    const int NodeField = 1,
        InitialiserField = 5,
        AttributeField = 5,
        TensorField = 5,
        GraphField = 6,
        TensorsField = 10,
        GraphsField = 11,
        InputField = 11,
        SparseField = 15,
        NameField = 1; // of a value

    readonly OnnxStorage storage;
    readonly List<OnnxNode> nodes = [];
    readonly HashSet<string> ownNames = [],
        sparse = [];

    OnnxInnerGraphs(OnnxStorage storage) => this.storage = storage;

    /// <summary>Nodes of all inner graphs, outer graphs first.</summary>
    public IReadOnlyList<OnnxNode> Nodes => nodes;

    /// <summary>Names of values that belong to an inner graph.</summary>
    public IReadOnlySet<string> OwnNames => ownNames;

    /// <summary>Names of the model's sparse initialisers.</summary>
    public IReadOnlySet<string> SparseInitialisers => sparse;

    /// <summary>The first tensor of an attribute or of an inner graph whose values are in a file beside the model; null if there is
    /// none.</summary>
    public string? ExternalTensor { get; private set; }

    /// <summary>Reads those of a model.</summary>
    /// <exception cref="InvalidDataException">Something is damaged, or there are too many graphs within each other.</exception>
    public static OnnxInnerGraphs Of(OnnxStorage storage)
    {
        var inner = new OnnxInnerGraphs(storage);
        var model = storage.Message(0, (int)storage.Model.Length);
        while (model.Next())
            if (model is { Number: 7, Kind: WireKind.Bytes })
                inner.Graph(model.BytesStart, model.Bytes.Length, 0);
        return inner;
    }

    void Graph(int start, int length, int depth)
    {
        if (depth > MaxDepth)
            throw new InvalidDataException($"ONNX model: graphs within graphs, more than {MaxDepth} deep");
        var graph = storage.Message(start, length);
        while (graph.Next())
        {
            if (graph.Kind != WireKind.Bytes)
                continue;
            if (graph.Number == NodeField)
                Node(graph.BytesStart, graph.Bytes.Length, depth);
            else if (graph.Number == SparseField)
                Sparse(new(graph.Bytes, graph.BytesStart), depth);
            else if (depth > 0 && graph.Number == InitialiserField)
                Own(new(graph.Bytes, graph.BytesStart));
            else if (depth > 0 && graph.Number == InputField)
                ownNames.Add(OnnxFile.FirstText(new(graph.Bytes, graph.BytesStart), NameField));
        }
    }

    void Node(int start, int length, int depth)
    {
        if (depth > 0)
        {
            var node = OnnxNode.Read(storage, start, length);
            nodes.Add(node);
            ownNames.UnionWith(node.Outputs);
        }

        var fields = storage.Message(start, length);
        while (fields.Next())
            if (fields is { Number: AttributeField, Kind: WireKind.Bytes })
                Attribute(new(fields.Bytes, fields.BytesStart), depth);
    }

    void Attribute(WireFields attribute, int depth)
    {
        while (attribute.Next())
            if (attribute is { Number: GraphField or GraphsField, Kind: WireKind.Bytes })
                Graph(attribute.BytesStart, attribute.Bytes.Length, depth + 1);
            else if (attribute is { Number: TensorField or TensorsField, Kind: WireKind.Bytes })
                NoteExternal(OnnxTensor.NameOf(new(attribute.Bytes, attribute.BytesStart)));
    }

    void Own(WireFields tensor)
    {
        var found = OnnxTensor.NameOf(tensor);
        ownNames.Add(found.Name);
        NoteExternal(found);
    }

    void NoteExternal((string Name, bool IsExternal) tensor)
    {
        if (tensor.IsExternal)
            ExternalTensor ??= tensor.Name;
    }

    /// <summary>A sparse tensor is called as the tensor of its values, its field 1.</summary>
    void Sparse(WireFields tensor, int depth)
    {
        while (tensor.Next())
            if (tensor is { Number: 1 or 2, Kind: WireKind.Bytes } && OnnxTensor.NameOf(new(tensor.Bytes, tensor.BytesStart)) is var found)
            {
                NoteExternal(found);
                (depth > 0 ? ownNames : sparse).Add(found.Name);
            }
    }
}
