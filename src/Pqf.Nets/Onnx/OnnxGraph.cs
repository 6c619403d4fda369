using System.Collections.Immutable;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Nets.Onnx;

/// <summary>Turns the nodes of a graph into those of an ONNX graph, one after the other. Used within one function, then thrown
/// away.</summary>
sealed class OnnxGraph
{
    readonly Graph graph;
    readonly OnnxModelNames names;
    readonly ImmutableArray<Shape> shapes;
    readonly ImmutableDictionary<int, BatchNormLayer> folded;
    readonly List<WireField> nodes;
    readonly string prefix;

    OnnxGraph(Graph graph, Parameters parameters, Shape input, OnnxModelNames names, List<WireField> nodes, OnnxPart? part)
    {
        (this.graph, Parameters, this.names, this.nodes) = (graph, parameters, names, nodes);
        (prefix, IsAnySize) = (part?.Prefix ?? "", part is not null);
        shapes = GraphShapes.Of(graph, input);
        // Where weights are codes, norms cannot be folded into them.
        folded = parameters.IsQuantised ? ImmutableDictionary<int, BatchNormLayer>.Empty : FusedNorms.Foldable(graph, shapes);
        Weights = part?.Weights ?? new(nodes);
    }

    /// <summary>Values by name.</summary>
    public Parameters Parameters { get; }

    /// <summary>The initialisers.</summary>
    public OnnxWeights Weights { get; }

    /// <summary>Whether the images may have another size than the one that shapes are known for.</summary>
    public bool IsAnySize { get; }

    /// <summary>The nodes of the network.</summary>
    public ImmutableArray<Layer> Layers => graph.Nodes;

    /// <summary>[1, H, W, C] or [1, features] of a node's value.</summary>
    public Shape Shape(int node) => shapes[node];

    /// <summary>Appends a node.</summary>
    public void Add(WireField node) => nodes.Add(node);

    /// <summary>The graph of a network.</summary>
    /// <param name="graph">Any graph.</param>
    /// <param name="parameters">Everything that <see cref="ParameterSpecs"/> lists.</param>
    /// <param name="input">[N, H, W, C].</param>
    /// <param name="names">Of the images and the values.</param>
    public static WireField Of(Graph graph, Parameters parameters, Shape input, OnnxModelNames names)
    {
        var onnx = new OnnxGraph(graph, parameters, [1, .. input.AsSpan()[1..]], names, [], null);
        onnx.AppendAll();
        var images = onnx.shapes[graph.Nodes.IndexOf(graph.Nodes.First(node => node.IsInput))];
        return OnnxMessages.Graph(
            "network",
            onnx.nodes,
            onnx.Weights.Initialisers,
            OnnxMessages.Input(names.Input, [images[0], images[3], images[1], images[2]]),
            [.. names.Outputs.Select(output => onnx.Output(output))]
        );
    }

    /// <summary>Appends the nodes of a graph to those of a larger model. They take images of any size.</summary>
    /// <param name="graph">Any graph whose forms do not depend on the size.</param>
    /// <param name="parameters">Everything that <see cref="ParameterSpecs"/> lists.</param>
    /// <param name="input">[1, H, W, C] of an example.</param>
    /// <param name="names">Of the images and the values, in the model.</param>
    /// <param name="nodes">Where nodes go.</param>
    /// <param name="part">What else the model has.</param>
    public static void Append(
        Graph graph,
        Parameters parameters,
        Shape input,
        OnnxModelNames names,
        List<WireField> nodes,
        OnnxPart part
    ) => new OnnxGraph(graph, parameters, input, names, nodes, part).AppendAll();

    void AppendAll()
    {
        ImmutableHashSet<int> needed = graph.NeededNodes();
        for (int i = 0; i < graph.Nodes.Length; i++)
            if (needed.Contains(i))
                Append(i);
        // A value of several names, and images that are a value themselves, are copied under the names that they do not have yet.
        foreach (var output in names.Outputs.Where(output => Name(output.Node) != output.Name))
            Add(OnnxMessages.Node("Identity", [Name(output.Node)], output.Name));
    }

    WireField Output(OnnxNetworkOutput output)
    {
        var s = shapes[output.Node];
        return OnnxMessages.Output(output.Name, s.Rank == 4 ? [s[0], s[3], s[1], s[2]] : s);
    }

    /// <summary>What a node's value is called. A slash is in no name of a state dict, so that no weight has the same.</summary>
    public string Name(int node) =>
        graph.Nodes[node].IsInput ? names.Input
        : IsFolded(node) ? Name(graph.Nodes[node].Inputs[0])
        : names.Of(node)
            ?? (folded.TryGetValue(node, out var norm) && names.Of(graph.Nodes.IndexOf(norm)) is { } output ? output : Scoped(node));

    /// <summary>A name that belongs to a node, after its layer's if it has one.</summary>
    public string Scoped(int node) => $"{prefix}{graph.Nodes[node].Parameters.FirstOrDefault()?.Layer}/{node}";

    /// <summary>The norm that a layer's weights take in; null if there is none.</summary>
    public BatchNormLayer? Norm(int node) => folded.GetValueOrDefault(node);

    void Append(int i)
    {
        if (IsFolded(i))
            return;
        var form = graph.Nodes[i].Onnx ?? throw new NotSupportedException($"OnnxGraph: no form is known of {graph.Nodes[i].Kind}");
        form(new OnnxContext(this, i));
    }

    /// <summary>Whether a node is a norm that went into the layer before it.</summary>
    bool IsFolded(int node) => graph.Nodes[node].AsNorm is { } norm && folded.ContainsKey(norm.X);
}

/// <summary>A graph's place in a larger model.</summary>
/// <param name="Prefix">Begins the names of its values.</param>
/// <param name="Weights">The model's: graphs of the same layers share them.</param>
sealed record OnnxPart(string Prefix, OnnxWeights Weights);
