using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Partial;

/// <summary>Writes a model with some of its weights in other forms: every other field is copied as it is.</summary>
static class PartialModelWriter
{
    /// <summary>The format from which on initialisers need not be inputs.</summary>
    const int FormatOfFreeInitialisers = 4;

    const int FormatField = 1,
        GraphField = 7,
        NodeField = 1,
        NodeOutputField = 2,
        InitialiserField = 5,
        InputField = 11;

    /// <summary>The fields of the file.</summary>
    /// <param name="model">The model, open.</param>
    /// <param name="inner">Its inner graphs.</param>
    /// <param name="weights">Those that are written in another form, with what is stored of them.</param>
    /// <returns>An error if a graph is larger than 2 GiB.</returns>
    public static Result<IReadOnlyList<WireField>, string> Fields(
        OnnxModel model,
        OnnxInnerGraphs inner,
        IEnumerable<(PartialWeight Weight, Weight Value)> weights
    )
    {
        var all = weights.ToArray();
        var decoding = new WeightDecoding(Names(model, inner), FormatOf(model.Storage) < FormatOfFreeInitialisers);
        foreach (var (weight, value) in all)
            decoding.Add(weight, value);
        var replaced = all.Select(pair => pair.Weight.Tensor.Name).ToHashSet();
        List<WireField> fields = [];
        bool isFirst = true;
        var file = model.Storage.Message(0, (int)model.Storage.Model.Length);
        while (file.Next())
        {
            if (file is not { Number: GraphField, Kind: WireKind.Bytes })
            {
                fields.Add(WireField.Copy(file, model.Storage.Model));
                continue;
            }

            List<WireField> graph = isFirst ? [.. decoding.Nodes, .. decoding.Initialisers] : [];
            isFirst = false;
            AddRest(graph, model, new(file.Bytes, file.BytesStart), replaced);
            if (graph.Sum(field => (long)field.SizeBytes) > int.MaxValue)
                return "the model that would be written is larger than 2 GiB; the format allows no more";
            fields.Add(WireField.Message(GraphField, graph));
        }

        return fields;
    }

    /// <summary>Copies a graph without the tensors that are replaced. Tensors of other files become part of the model.</summary>
    static void AddRest(List<WireField> to, OnnxModel model, WireFields graph, HashSet<string> replaced)
    {
        var initialisers = model.Initialisers.ToDictionary(tensor => tensor.Name);
        while (graph.Next())
        {
            if (graph is { Number: InitialiserField, Kind: WireKind.Bytes })
            {
                var (name, isExternal) = OnnxTensor.NameOf(new(graph.Bytes, graph.BytesStart));
                if (replaced.Contains(name))
                    continue;
                if (isExternal)
                {
                    to.Add(OnnxMessages.Initialiser(initialisers[name]));
                    continue;
                }
            }

            bool isReplaced =
                graph.Kind == WireKind.Bytes
                && (
                    (graph.Number == InputField && replaced.Contains(Text(graph, 1)))
                    || (graph.Number == NodeField && replaced.Contains(Text(graph, NodeOutputField)))
                );
            if (!isReplaced)
                to.Add(WireField.Copy(graph, model.Storage.Model));
        }
    }

    /// <summary>The name that a field of the graph has under a number.</summary>
    static string Text(WireFields graph, int number) => OnnxFile.FirstText(new(graph.Bytes, graph.BytesStart), number);

    static HashSet<string> Names(OnnxModel model, OnnxInnerGraphs inner) =>
        [
            .. inner.OwnNames,
            .. inner.SparseInitialisers,
            .. model.Initialisers.Select(tensor => tensor.Name),
            .. model.Inputs.Select(input => input.Name),
            .. model.Nodes.Concat(inner.Nodes).SelectMany(node => node.Inputs.Concat(node.Outputs)),
        ];

    static long FormatOf(OnnxStorage storage)
    {
        var file = storage.Message(0, (int)storage.Model.Length);
        while (file.Next())
            if (file is { Number: FormatField, Kind: WireKind.Varint })
                return (long)file.Value;
        return 0;
    }
}
