using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Execution;

/// <summary>The values of a plan for a number of images, in the memory that is planned for them.</summary>
/// <param name="graph">The network.</param>
/// <param name="buffers">Which values share memory.</param>
/// <param name="slots">That memory.</param>
/// <param name="nodes">Numbers of the nodes whose values these are, and of the views of them.</param>
sealed class PlanValues(Graph graph, BufferPlan buffers, ImmutableArray<Tensor<float>> slots, Range nodes)
{
    // All but the images, the results, parts of other values and views of these are the same from call to call.
    readonly Tensor<float>?[] values = new Tensor<float>?[graph.Nodes.Length];
    Shape batch;

    /// <summary>By node number, for the images that were fitted last.</summary>
    public ImmutableArray<Shape> Shapes { get; private set; }

    /// <summary>By node number; null for what is never computed.</summary>
    public Tensor<float>?[] ByNode => values;

    /// <summary>Values in slots take the shapes of a number of images.</summary>
    /// <param name="images">[N, H, W, C], at most what memory is planned for.</param>
    public void Fit(Shape images)
    {
        if (images == batch && !Shapes.IsDefault)
            return;
        batch = images;
        Shapes = GraphShapes.Of(graph, images);
        var (first, count) = nodes.GetOffsetAndLength(values.Length);
        for (int i = 0; i < values.Length; i++)
            if (buffers.Roots[i] >= first && buffers.Roots[i] < first + count && buffers.Slot[buffers.Roots[i]] is >= 0 and var slot)
                values[i] = new Tensor<float>(Shapes[i], slots[slot].Storage);
    }

    /// <summary>Puts a value of the caller's own in a node's place.</summary>
    public void Put(int node, Tensor<float> value) => values[node] = value;

    /// <summary>The images in the places of the inputs, and views of what has no slot.</summary>
    public void Bind(Tensor<float> images)
    {
        for (int i = 0; i < values.Length; i++)
            if (graph.Nodes[buffers.Roots[i]].IsInput)
                values[i] = images.Reshape(Shapes[i]);
            else if (buffers.Slot[buffers.Roots[i]] < 0 && values[buffers.Roots[i]] is { } root)
                values[i] = root.Reshape(Shapes[i]);
    }
}
