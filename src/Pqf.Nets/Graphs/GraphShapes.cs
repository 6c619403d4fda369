using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Nets.Graphs;

/// <summary>The shape of every node's value for an input of a given shape.</summary>
public static class GraphShapes
{
    /// <summary>Shapes by node number.</summary>
    /// <param name="graph">Any graph.</param>
    /// <param name="input">[N, H, W, C].</param>
    /// <exception cref="ShapeException">Some node does not fit its input; names the op.</exception>
    public static ImmutableArray<Shape> Of(Graph graph, Shape input)
    {
        var shapes = ImmutableArray.CreateBuilder<Shape>(graph.Nodes.Length);
        foreach (var node in graph.Nodes)
            shapes.Add(node.OutputShape(node.IsInput ? [input] : [.. node.Inputs.Select(i => shapes[i])]));
        return shapes.MoveToImmutable();
    }
}
