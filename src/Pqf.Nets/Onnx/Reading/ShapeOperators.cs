using System.Collections.Immutable;
using Pqf.Nets.Layers;
using Pqf.Tensors;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>The same values under other shapes, and in another order of axes. The first axis is that of the images and stays.</summary>
static class ShapeOperators
{
    /// <summary>Axes of a value that layers reorder.</summary>
    const int MaxRank = 5;

    /// <summary>Gives a value another shape.</summary>
    public static Result<ModelValue, string> Reshape(NodeReading node)
    {
        if (node.Value(0) is not { } x)
            return $"expected a value, got {node.Text(0)}";
        if (node.Extents(1) is not { Values: { IsEmpty: false } target })
            return "expected a shape that follows from the images' shape";
        if (node.Is("allowzero", 1, 0) && target.Any(extent => extent.Value == 0))
            return "shapes without values are not run here";
        var own = node.ImageShape(x);
        long count = own.Aggregate(1L, (a, b) => a * b);
        var rest = target[1..].Select((extent, i) => extent == new Extent(0) && i < own.Length ? new Extent(own[i]) : extent).ToArray();
        string wanted = string.Join(", ", target.Select(Text));
        if (
            rest.Any(extent => extent.IsBatch)
            || rest.Count(extent => extent.Value < 0) > 1
            || rest.Any(extent => extent.Value > int.MaxValue)
        )
            return $"expected a shape whose first axis alone is that of the images, got [{wanted}]";
        long known = rest.Where(extent => extent.Value >= 0).Aggregate(1L, (a, b) => Math.Min(a * (long)b.Value, int.MaxValue));
        bool isOpen = rest.Any(extent => extent.Value < 0);
        if (!IsBatch(node, target[0], isOpen) || known == 0 || count % known != 0 || (!isOpen && known != count))
            return $"expected {count} values for each image, got [{wanted}]";
        return Reshaped(node, x, [.. rest.Select(extent => extent.Value < 0 ? (int)(count / known) : (int)extent.Value)]);
    }

    /// <summary>Whether the first number of a shape is the batch size.</summary>
    static bool IsBatch(NodeReading node, Extent first, bool isOpen) =>
        first == Extent.Batch
        || first == new Extent(0)
        || (first.Value < 0 && !isOpen)
        || (!first.IsBatch && first.Value == (node.BatchSize ?? 1));

    /// <summary>Two axes: all before an axis, and the others.</summary>
    public static Result<ModelValue, string> Flatten(NodeReading node)
    {
        if (node.Value(0) is not { } x)
            return $"expected a value, got {node.Text(0)}";
        if (node.Node.Integer("axis", 1) is not { } given || (given == node.Rank(x) ? node.Rank(x) : node.Axis(x, given)) is not { } axis)
            return "expected an axis of the value";
        var own = node.ImageShape(x);
        return axis >= 1 && own.Take(axis - 1).All(length => length == 1)
            ? Reshaped(node, x, [own.Aggregate(1, (a, b) => a * b)])
            : $"only axes behind that of the images are flattened here, got axis {given} of a value of shape [N, {string.Join(", ", own)}]";
    }

    /// <summary>Fewer axes.</summary>
    public static Result<ModelValue, string> Squeeze(NodeReading node)
    {
        if (node.Value(0) is not { } x)
            return $"expected a value, got {node.Text(0)}";
        var own = node.ImageShape(x);
        if (node.IntegersOf("axes", 1) is not { } given || given.Any(axis => node.Axis(x, axis) is null or 0))
            return "expected constant axes of the value, that of the images not among them";
        var axes = given.Select(axis => node.Axis(x, axis)!.Value - 1).ToHashSet();
        if (axes.Any(axis => own[axis] != 1))
            return $"expected axes of length 1, got [{string.Join(", ", given)}] of a value of shape [N, {string.Join(", ", own)}]";
        return Reshaped(node, x, [.. own.Where((length, axis) => given.IsEmpty ? length != 1 : !axes.Contains(axis))]);
    }

    /// <summary>More axes.</summary>
    public static Result<ModelValue, string> Unsqueeze(NodeReading node)
    {
        if (node.Value(0) is not { } x || node.IntegersOf("axes", 1) is not { } given)
            return "expected a value and constant axes";
        int rank = node.Rank(x) + given.Length;
        var axes = given.Select(axis => axis < 0 ? axis + rank : axis).ToHashSet();
        if (axes.Count != given.Length || axes.Any(axis => axis < 1 || axis >= rank))
            return "expected axes behind that of the images";
        var rest = new Queue<int>(node.ImageShape(x));
        return Reshaped(node, x, [.. Enumerable.Range(1, rank - 1).Select(axis => axes.Contains(axis) ? 1 : rest.Dequeue())]);
    }

    /// <summary>Gives a value another order of axes. Images with their channels last are the same in our memory.</summary>
    public static Result<ModelValue, string> Transpose(NodeReading node)
    {
        if (node.Value(0) is not { } x)
            return $"expected a value, got {node.Text(0)}";
        int rank = node.Rank(x);
        if (node.Node.Integers("perm", []) is not { } given || given.Length != rank || given.Order().Where((axis, i) => axis != i).Any())
            return $"expected a perm of {rank} axes";
        ImmutableArray<int> order = [.. given.Select(axis => (int)axis)];
        if (order[0] != 0)
            return "the axis of the images stays the first here";
        if (order.SequenceEqual(Enumerable.Range(0, rank)))
            return x;
        if (x.Order == AxisOrder.ChannelsFirst && order.SequenceEqual(OnnxLayout.ToChannelsLast))
            return x with { Order = AxisOrder.ChannelsLast };
        if (x.Order == AxisOrder.ChannelsLast && order.SequenceEqual(OnnxLayout.ToChannelsFirst))
            return x with { Order = AxisOrder.ChannelsFirst };
        return rank <= MaxRank
            ? node.Layer(node.AsMemory(x), (from, _) => new TransposeLayer(from[0], order))
            : $"values of more than {MaxRank} axes are not run here";
    }

    /// <summary>A value under another shape.</summary>
    /// <param name="node">Where it comes from.</param>
    /// <param name="x">The value.</param>
    /// <param name="shape">Axes behind the first, in the model's order; as many values.</param>
    public static ModelValue Reshaped(NodeReading node, ModelValue x, ImmutableArray<int> shape)
    {
        if (shape.SequenceEqual(node.ImageShape(x)))
            return x;
        var draft = node.Drafts[x.Place];
        var s = draft.Shape;
        bool isOnePixel = s.Rank == 4 && s[1] * s[2] == 1;
        if (x.Order == AxisOrder.ChannelsLast && !isOnePixel)
        {
            if (shape is [_, var columns])
                return node.Layer(x, (from, _) => new PixelRowsLayer(from[0], columns));
            x = node.AsMemory(x);
            draft = node.Drafts[x.Place];
            s = draft.Shape;
        }

        if (draft.Layer is ReshapeLayer or FlattenLayer)
            return Reshaped(node, new(draft.Inputs[0]), shape); // as if it had not been there
        if (shape.Length == 1 && s.Rank == 4)
            return node.Layer(x, (from, _) => new FlattenLayer(from[0]));
        return Shuffled(node, draft, shape) ?? node.Layer(x, (from, _) => new ReshapeLayer(from[0], shape));
    }

    /// <summary>Channels that were put into groups and dealt out; null if that is not what happened.</summary>
    static ModelValue? Shuffled(NodeReading node, Draft turned, ImmutableArray<int> shape)
    {
        if (
            turned is not { Layer: TransposeLayer { Order: [0, 2, 1, 3, 4] }, Inputs: [var grouped] }
            || node.Drafts[grouped] is not { Layer: ReshapeLayer { ImageShape: [var groups, _, _, _] }, Inputs: [var x] }
            || !shape.SequenceEqual(node.ImageShape(new(x)))
        )
            return null;
        return node.Layer(new(x), (from, _) => new ChannelShuffleLayer(from[0], groups));
    }

    static string Text(Extent extent) => extent.IsBatch ? (extent.Value == 1 ? "N" : $"{extent.Value}·N") : $"{extent.Value}";
}
