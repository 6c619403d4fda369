using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Nets.Onnx;

/// <summary>Turns the nodes of a graph into those of an ONNX graph, one after the other. Used within one function, then thrown
/// away.</summary>
sealed class OnnxGraph
{
    const string InputName = "input",
        OutputName = "logits";

    readonly Graph graph;
    readonly Parameters parameters;
    readonly ImmutableArray<Shape> shapes;
    readonly ImmutableDictionary<int, Node.BatchNorm> folded;
    readonly List<WireField> nodes = [];
    readonly OnnxWeights weights;

    OnnxGraph(Graph graph, Parameters parameters, Shape input)
    {
        (this.graph, this.parameters) = (graph, parameters);
        shapes = GraphShapes.Of(graph, input);
        // Where weights are codes, norms cannot be folded into them.
        folded = parameters.IsQuantised ? ImmutableDictionary<int, Node.BatchNorm>.Empty : FusedNorms.Foldable(graph, shapes);
        weights = new(nodes);
    }

    /// <summary>The graph of a network.</summary>
    /// <param name="graph">Any graph.</param>
    /// <param name="parameters">Everything that <see cref="ParameterSpecs"/> lists.</param>
    /// <param name="input">[N, H, W, C].</param>
    public static WireField Of(Graph graph, Parameters parameters, Shape input)
    {
        var onnx = new OnnxGraph(graph, parameters, [1, .. input.AsSpan()[1..]]);
        ImmutableHashSet<int> needed = graph.NeededNodes();
        for (int i = 0; i < graph.Nodes.Length; i++)
            if (needed.Contains(i))
                onnx.Append(i);
        var (images, result) = (onnx.shapes[0], onnx.shapes[graph.Output]);
        return OnnxMessages.Graph(
            "network",
            onnx.nodes,
            onnx.weights.Initialisers,
            OnnxMessages.Input(InputName, [images[0], images[3], images[1], images[2]]),
            OnnxMessages.Output(OutputName, result.Rank == 4 ? [result[0], result[3], result[1], result[2]] : result)
        );
    }

    /// <summary>Whether a node can be written.</summary>
    public static bool Writes(Node node) => node is not (Node.ConvTranspose2d or Node.Upsample or Node.RoiAlign);

    /// <summary>What a node's value is called. A slash is in no name of a state dict, so that no weight has the same.</summary>
    string Name(int node) =>
        graph.Nodes[node] switch
        {
            Node.Input => InputName,
            Node.BatchNorm n when folded.ContainsKey(n.X) => Name(n.X),
            _ when node == graph.Output
                    || (folded.ContainsKey(node) && graph.Nodes[graph.Output] is Node.BatchNorm last && last.X == node) => OutputName,
            Node.Conv2d n => $"{n.Layer}/{node}",
            Node.Linear n => $"{n.Layer}/{node}",
            Node.BatchNorm n => $"{n.Layer}/{node}",
            _ => $"/{node}",
        };

    void Append(int i)
    {
        switch (graph.Nodes[i])
        {
            case Node.Input:
                break;
            case Node.Conv2d n:
                AppendLayer("Conv", i, n.Layer, n.HasBias, ConvolutionAttributes(n), norm => FoldedLayer.Of(n, norm, parameters));
                break;
            case Node.Linear n:
                AppendLayer(
                    "Gemm",
                    i,
                    n.Layer,
                    n.HasBias,
                    [OnnxMessages.Attribute("transB", 1)],
                    norm => FoldedLayer.Of(n, norm, parameters, null)
                );
                break;
            case Node.BatchNorm n when folded.ContainsKey(n.X):
                break;
            case Node.BatchNorm n:
                AppendNorm(i, n);
                break;
            case Node.Relu:
                AppendPlain("Relu", i);
                break;
            case Node.MaxPool2d n:
                AppendPlain("MaxPool", i, Window(n.KernelSize, n.Stride, n.Padding));
                break;
            case Node.GlobalAvgPool:
                AppendPlain("GlobalAveragePool", i);
                break;
            case Node.Add:
                AppendPlain("Add", i);
                break;
            case Node.Flatten:
                AppendPlain("Flatten", i);
                break;
            default:
                throw new UnreachableException();
        }
    }

    void AppendPlain(string operation, int i, params IEnumerable<WireField> attributes) =>
        nodes.Add(OnnxMessages.Node(operation, graph.Nodes[i].Inputs.Select(Name), Name(i), attributes));

    void AppendLayer(
        string operation,
        int i,
        string layer,
        bool hasBias,
        IEnumerable<WireField> attributes,
        Func<Node.BatchNorm?, FoldedLayer> fold
    )
    {
        var norm = folded.GetValueOrDefault(i);
        var weight = parameters[$"{layer}.weight"];
        string weightName = weight is Weight.Quantised quantised
            ? weights.Decoded(layer, quantised)
            : weights.Add($"{layer}.weight", weight.Shape, () => fold(norm).ToDense());
        string[] bias = hasBias || norm is not null ? [weights.Add($"{layer}.bias", [weight.Shape[0]], () => fold(norm).Bias!)] : [];
        nodes.Add(OnnxMessages.Node(operation, [Name(graph.Nodes[i].Inputs[0]), weightName, .. bias], Name(i), attributes));
    }

    /// <summary>A norm as a product and a sum, each with one value a channel, broadcast over the pixels.</summary>
    void AppendNorm(int i, Node.BatchNorm norm)
    {
        Shape shape = shapes[i].Rank == 4 ? [norm.Channels, 1, 1] : [norm.Channels];
        string scale = weights.Add($"{norm.Layer}{FusedNorms.Scale}", shape, () => FusedNorms.Of(norm, parameters).Scale);
        string shift = weights.Add($"{norm.Layer}{FusedNorms.Shift}", shape, () => FusedNorms.Of(norm, parameters).Shift);
        nodes.Add(OnnxMessages.Node("Mul", [Name(norm.X), scale], $"{norm.Layer}/{i}/scaled"));
        nodes.Add(OnnxMessages.Node("Add", [$"{norm.Layer}/{i}/scaled", shift], Name(i)));
    }

    static IEnumerable<WireField> ConvolutionAttributes(Node.Conv2d n) =>
        [
            .. Window(n.KernelSize, n.Options.Stride, n.Options.Padding),
            OnnxMessages.Attribute("dilations", [n.Options.Dilation.H, n.Options.Dilation.W]),
            OnnxMessages.Attribute("group", n.Options.Groups),
        ];

    static IEnumerable<WireField> Window(Pair kernel, Pair stride, Pair padding) =>
        [
            OnnxMessages.Attribute("kernel_shape", [kernel.H, kernel.W]),
            OnnxMessages.Attribute("strides", [stride.H, stride.W]),
            OnnxMessages.Attribute("pads", [padding.H, padding.W, padding.H, padding.W]),
        ];
}
