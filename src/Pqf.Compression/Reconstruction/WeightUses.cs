using Pqf.Nets.Graphs;

namespace Pqf.Compression.Reconstruction;

/// <summary>Where a graph uses a weight.</summary>
static class WeightUses
{
    /// <summary>The nodes that use it, in the graph's order.</summary>
    public static int[] UsesOf(this Graph graph, string weight) =>
        [.. Enumerable.Range(0, graph.Nodes.Length).Where(node => graph.Nodes[node].Parameters.Any(spec => spec.Name == weight))];
}
