using Pqf.Tensors;

namespace Pqf.Nets.Graphs;

/// <summary>The end of a classifier of any graph: the layer that makes its classes, and what leads from there to the output.</summary>
public static class ClassifierHead
{
    /// <summary>The graph for another number of classes: its last linear layer or convolution has as many outputs.</summary>
    /// <param name="graph">Any graph.</param>
    /// <param name="images">[N, H, W, C].</param>
    /// <param name="classCount">One at least.</param>
    /// <returns>The graph, whose nodes keep their numbers; or why there is no such layer.</returns>
    /// <remarks>Between the layer and the output there may be layers that keep channels apart or treat all of them alike: functions of each
    /// value, pools, a softmax, reshapes.</remarks>
    public static Result<Graph, string> WithClasses(Graph graph, Shape images, int classCount)
    {
        if (graph.Outputs is not [var output])
            return $"it has {graph.Outputs.Length} outputs";
        var nodes = graph.Nodes.ToBuilder();
        int ownCount = GraphShapes.Of(graph, images)[output].Last,
            i = output;
        for (; graph.Nodes[i].WithOutputs(classCount) is null; i = graph.Nodes[i].Inputs[0])
        {
            if (graph.Nodes[i] is not { Inputs.Length: 1 } layer || layer.ForChannels(ownCount, classCount) is not { } same)
                return $"its output comes from a {graph.Nodes[i].Kind} layer, and from no linear layer or convolution after it";
            if (graph.SoleReader(layer.Inputs[0]) is null)
                return $"its last {graph.Nodes[layer.Inputs[0]].Kind} layer is read by other layers too";
            nodes[i] = same;
        }

        var head = graph.Nodes[i];
        if (graph.Nodes.Where((node, j) => j != i && node.Parameters.Any(spec => spec.Name == head.Parameters[0].Name)).Any())
            return $"{head.Parameters[0].Layer}, its last {head.Kind} layer, shares its weights with another one";
        nodes[i] = head.WithOutputs(classCount)!;
        var changed = new Graph(nodes.ToImmutable(), graph.Outputs);
        return head.Parameters[0].Shape[0] == ownCount && CountOf(changed, images) == classCount
            ? changed
            : $"the outputs of {head.Parameters[0].Layer}, its last {head.Kind} layer, are not its {ownCount} classes";
    }

    /// <summary>The graph whose value is the logits: without a softmax that ends it, because losses and rankings bring their own. The graph
    /// itself where no softmax ends it.</summary>
    /// <param name="graph">Any graph. Nodes keep their numbers.</param>
    public static Graph Logits(this Graph graph)
    {
        if (graph.Outputs is not [var i])
            return graph;
        while (graph.Nodes[i].OnlyMoves && graph.SoleReader(graph.Nodes[i].Inputs[0]) is not null)
            i = graph.Nodes[i].Inputs[0];
        return graph.Nodes[i].WithoutSoftmax is { } same ? new(graph.Nodes.SetItem(i, same), graph.Outputs) : graph;
    }

    /// <summary>Values of a row of the output; 0 where layers do not fit one another.</summary>
    static int CountOf(Graph graph, Shape images)
    {
        try
        {
            return GraphShapes.Of(graph, images)[graph.Output].Last;
        }
        catch (ShapeException)
        {
            return 0;
        }
    }
}
