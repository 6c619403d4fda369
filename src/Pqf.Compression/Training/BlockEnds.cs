using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;

namespace Pqf.Compression.Training;

/// <summary>Values inside a network at which a compressed one can be compared with the dense one: ends of residual blocks, or, where there
/// are none, what layers with weights read.</summary>
static class BlockEnds
{
    /// <summary>Ends that are compared at most: those between tell little more.</summary>
    const int Most = 8;

    /// <summary>Numbers of the nodes, in graph order; the last ones stay where there are too many.</summary>
    /// <param name="graph">Any graph.</param>
    /// <param name="images">[N, H, W, C].</param>
    public static ImmutableArray<int> Of(Graph graph, Shape images)
    {
        var shapes = GraphShapes.Of(graph, images);
        ImmutableArray<int> blocks =
        [
            .. Enumerable.Range(0, shapes.Length).Where(node => graph.Nodes[node] is AddLayer && shapes[node].Rank == 4),
        ];
        ImmutableArray<int> ends = blocks.Length > 1 ? [.. blocks.Select(node => AfterActivation(graph, shapes, node))] : Inputs(graph);
        int count = Math.Min(Most, ends.Length);
        return [.. Enumerable.Range(1, count).Select(i => ends[(i * ends.Length / count) - 1])];
    }

    /// <summary>The function without parameters that alone reads a sum; the sum itself where there is none.</summary>
    static int AfterActivation(Graph graph, ImmutableArray<Shape> shapes, int node) =>
        graph.SoleReader(node) is { } reader
        && graph.Nodes[reader] is { Inputs.Length: 1 } layer
        && layer.Parameters.IsEmpty
        && shapes[reader] == shapes[node]
            ? reader
            : node;

    /// <summary>What layers with weights read, but for the images.</summary>
    static ImmutableArray<int> Inputs(Graph graph) =>
        [
            .. graph
                .Nodes.Where(layer => layer.Parameters.Any(spec => spec.Role == ParameterRole.Weight))
                .SelectMany(layer => layer.Inputs)
                .Where(input => !graph.Nodes[input].Inputs.IsEmpty)
                .Distinct()
                .Order(),
        ];
}
