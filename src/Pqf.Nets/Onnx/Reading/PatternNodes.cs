using System.Collections.Immutable;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>The nodes of a model by what they read and make, some of them replaced.</summary>
sealed class PatternNodes
{
    // Values that more nodes read are no steps of a function.
    const int MaxReaders = 64;

    readonly OnnxModel model;
    readonly Dictionary<string, OnnxNode> makers = [];
    readonly Dictionary<string, List<OnnxNode>> readers = [];
    readonly Dictionary<OnnxNode, OnnxNode> replaced = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<string, float?> numbers = [];

    /// <summary>The nodes of a model.</summary>
    public PatternNodes(OnnxModel model)
    {
        this.model = model;
        foreach (var node in model.Nodes.Where(node => node.IsStandard))
        {
            if (node.Output.Length > 0)
                makers.TryAdd(node.Output, node);
            foreach (string input in node.Inputs.Distinct().Where(input => input.Length > 0))
                if (readers.TryGetValue(input, out var list))
                    list.Add(node);
                else
                    readers.Add(input, [node]);
        }
    }

    /// <summary>All nodes, in file order.</summary>
    public ImmutableArray<OnnxNode> All => [.. model.Nodes.Select(node => replaced.GetValueOrDefault(node, node))];

    /// <summary>The node that makes a value; null if it is an input or a constant.</summary>
    public OnnxNode? Maker(string name) => makers.GetValueOrDefault(name);

    /// <summary>The node that makes a value, if it is one of an operator.</summary>
    public OnnxNode? Maker(string name, string operation) => Maker(name) is { } node && node.Operator == operation ? node : null;

    /// <summary>The nodes that read a value.</summary>
    public IReadOnlyList<OnnxNode> Readers(string name) => readers.TryGetValue(name, out var list) && list.Count <= MaxReaders ? list : [];

    /// <summary>The constant number of a name; null if it is none.</summary>
    public float? Number(string name)
    {
        if (!numbers.TryGetValue(name, out var number))
            numbers[name] = number = model.Constants.Find(name) is { Shape.Count: 1 } x ? ToSingle(x) : null;
        return number;
    }

    /// <summary>Whether a name is that of a constant tensor.</summary>
    public bool IsConstant(string name) => model.Constants.Find(name) is not null;

    /// <summary>The constant of a name; null if there is none.</summary>
    public StoredTensor? Constant(string name) => model.Constants.Find(name);

    /// <summary>Puts a node of our own into the place of another.</summary>
    public void Replace(OnnxNode node, string own, ImmutableArray<string> inputs, params (string Name, OnnxAttribute Value)[] attributes) =>
        replaced[node] = new(
            node.Name,
            OperatorTable.OwnDomain,
            own,
            inputs,
            [node.Output],
            attributes.ToDictionary(pair => pair.Name, pair => pair.Value)
        );

    /// <summary>Puts a hard sigmoid into the place of a node.</summary>
    public void ReplaceByHardSigmoid(OnnxNode node, string x) =>
        replaced[node] = new(
            node.Name,
            "",
            "HardSigmoid",
            [x],
            [node.Output],
            new Dictionary<string, OnnxAttribute>
            {
                ["alpha"] = new OnnxAttribute.Single(1f / 6),
                ["beta"] = new OnnxAttribute.Single(0.5f),
            }
        );

    static float? ToSingle(StoredTensor x)
    {
        try
        {
            return x.ToSingles()[0];
        }
        catch (InvalidDataException)
        {
            return null; // whoever reads it as a value says so
        }
    }
}
