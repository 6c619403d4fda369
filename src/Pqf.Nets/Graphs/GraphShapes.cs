using System.Collections.Immutable;
using System.Diagnostics;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;
using Pqf.Tensors.Ops.Pooling;
using Pqf.Tensors.Ops.Products;

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
            shapes.Add(Of(node, [.. node.Inputs.Select(i => shapes[i])], input));
        return shapes.MoveToImmutable();
    }

    static Shape Of(Node node, ImmutableArray<Shape> x, Shape input) =>
        node switch
        {
            Node.Input n => Shapes.Rank("Input", "images [N, H, W, C]", input, 4)[3] == n.Channels
                ? input
                : throw new ShapeException("Input", $"expected images of {n.Channels} channels, [N, H, W, {n.Channels}], got {input}"),
            Node.Conv2d n => Conv2d.OutputShape(x[0], ParameterSpecs.WeightShape(n), n.Options),
            Node.ConvTranspose2d n => ConvTranspose2d.OutputShape(x[0], ParameterSpecs.WeightShape(n), n.Options),
            Node.Linear n => Linear.OutputShape(x[0], [n.OutFeatures, n.InFeatures], null),
            Node.BatchNorm n => x[0].Last == n.Channels
                ? x[0]
                : throw new ShapeException("BatchNorm", $"expected {n.Channels} channels for {n.Layer}, got {x[0]}"),
            Node.Relu => x[0],
            Node.MaxPool2d n => MaxPool2d.OutputShape(x[0], n.KernelSize, n.Stride, n.Padding),
            Node.GlobalAvgPool => [Shapes.Rank("GlobalAvgPool", "x [N, H, W, C]", x[0], 4)[0], 1, 1, x[0][3]],
            Node.Add => Shapes.Same("Add", x[0], x[1]),
            Node.Flatten => [Shapes.Rank("Flatten", "x [N, H, W, C]", x[0], 4)[0], x[0][1] * x[0][2] * x[0][3]],
            Node.Upsample => [x[0][0], x[1][1], x[1][2], x[0][3]],
            Node.RoiAlign n => x.All(level =>
                Shapes.Rank("RoiAlign", "a level [N, H, W, C]", level, 4)[3] == x[0][3] && level[0] == x[0][0]
            )
                ? [x[0][0] * n.Pooling.BoxCount, n.Pooling.Size, n.Pooling.Size, x[0][3]]
                : throw new ShapeException("RoiAlign", $"expected levels of equal images and channels, got {string.Join(", ", x)}"),
            _ => throw new UnreachableException(),
        };
}
