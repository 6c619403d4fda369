using System.Collections.Immutable;
using Pqf.Nets.Layers;
using Pqf.Tensors;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Parts of axes, and values side by side.</summary>
static class AxisOperators
{
    /// <summary>Values one after another along an axis.</summary>
    public static Result<ModelValue, string> Concat(NodeReading node)
    {
        var parts = ImmutableArray.CreateBuilder<ModelValue>();
        for (int i = 0; i < node.Node.Inputs.Length; i++)
            if (node.Value(i) is { } part)
                parts.Add(part);
            else
                return $"expected values, got {node.Text(i)}";
        if (parts.Count == 0)
            return "expected values, got none";
        if (parts.Select(part => part.Order).Distinct().Count() > 1)
            for (int i = 0; i < parts.Count; i++)
                parts[i] = node.AsMemory(parts[i]);
        var first = parts[0];
        if (node.Node.Integer("axis", 1) is not { } given || node.Axis(first, given) is not (> 0 and { } axis))
            return "expected an axis of the values but the first";
        if (parts.Any(part => node.Rank(part) != node.Rank(first)))
            return "expected values of as many axes";
        int memory = node.MemoryAxis(first, axis);
        return parts.Count == 1
            ? first
            : new ModelValue(
                node.Drafts.Add([.. parts.Select(part => part.Place)], (from, _) => new ConcatLayer(from, memory)),
                first.Order
            );
    }

    /// <summary>All of an axis, in parts.</summary>
    public static Result<ImmutableArray<ModelValue>, string> Split(NodeReading node)
    {
        if (node.Value(0) is not { } x)
            return $"expected a value, got {node.Text(0)}";
        if (node.Node.Integer("axis", 0) is not { } given || node.Axis(x, given) is not (> 0 and { } axis))
            return "expected an axis of the value but the first";
        int length = node.ImageShape(x)[axis - 1],
            count = node.Node.Outputs.Length;
        if (node.IntegersOf("split", 1) is not { } lengths)
            return "expected constant lengths of the parts";
        if (lengths.IsEmpty)
        {
            int each = (length + count - 1) / count;
            lengths = [.. Enumerable.Range(0, count).Select(i => (long)Math.Clamp(length - (i * each), 0, each))];
        }

        if (lengths.Length != count || lengths.Any(part => part < 1 || part > length) || lengths.Sum() != length)
            return $"expected {count} parts of {length} in all, got [{string.Join(", ", lengths)}]";
        var parts = ImmutableArray.CreateBuilder<ModelValue>(count);
        int at = 0;
        foreach (int part in lengths.Select(part => (int)part))
        {
            parts.Add(Cut(node, x, axis, at, at + part, 1));
            at += part;
        }

        return parts.MoveToImmutable();
    }

    /// <summary>Parts of some axes.</summary>
    public static Result<ModelValue, string> Slice(NodeReading node)
    {
        if (node.Value(0) is not { } x)
            return $"expected a value, got {node.Text(0)}";
        bool isOld = node.Opset < 10;
        var starts = isOld ? node.Node.Integers("starts", []) : node.Integers(1);
        var ends = isOld ? node.Node.Integers("ends", []) : node.Integers(2);
        ImmutableArray<long> all = [.. Enumerable.Range(0, starts?.Length ?? 0).Select(axis => (long)axis)];
        var axes =
            isOld ? node.Node.Integers("axes", all)
            : node.Has(3) ? node.Integers(3)
            : all;
        ImmutableArray<long> ones = [.. all.Select(_ => 1L)];
        var steps = !isOld && node.Has(4) ? node.Integers(4) : ones;
        if (starts is not { } from || ends is not { } to || axes is not { } along || steps is not { } by)
            return "expected starts, ends, axes and steps that follow from the images' shape";
        if (to.Length != from.Length || along.Length != from.Length || by.Length != from.Length)
            return "expected as many starts as ends, axes and steps";
        for (int i = 0; i < from.Length; i++)
        {
            if (node.Axis(x, along[i]) is not { } axis || by[i] is < 1 or > int.MaxValue)
                return $"expected axes of the value and steps of 1 or more, got axis {along[i]} and step {by[i]}";
            if (axis == 0 && (from[i] != 0 || to[i] < int.MaxValue))
                return "images of a batch are not cut off here";
            if (axis > 0)
                x = Cut(node, x, axis, Clamped(from[i]), Clamped(to[i]), (int)by[i]);
        }

        return x;
    }

    /// <summary>One index of an axis, or several that follow one another.</summary>
    public static Result<ModelValue, string> Gather(NodeReading node)
    {
        if (node.Value(0) is not { } x)
            return $"expected a value, got {node.Text(0)}";
        if (node.Node.Integer("axis", 0) is not { } given || node.Axis(x, given) is not (> 0 and { } axis))
            return "expected an axis of the value but the first";
        if (node.Extents(1) is not { Integers: { IsEmpty: false } indices, IsList: var isList })
            return $"expected constant indices, got {node.Text(1)}";
        int length = node.ImageShape(x)[axis - 1];
        long first = indices[0] < 0 ? indices[0] + length : indices[0];
        if (
            first < 0
            || first + indices.Length > length
            || indices.Where((index, i) => (index < 0 ? index + length : index) != first + i).Any()
        )
            return "only neighbouring indices in rising order are picked here";
        var part = Cut(node, x, axis, (int)first, (int)first + indices.Length, 1);
        return isList ? part : ShapeOperators.Reshaped(node, part, node.ImageShape(part).RemoveAt(axis - 1));
    }

    static ModelValue Cut(NodeReading node, ModelValue x, int axis, int start, int end, int step)
    {
        int memory = node.MemoryAxis(x, axis),
            length = node.ImageShape(x)[axis - 1];
        return start == 0 && end >= length && step == 1 ? x : node.Elementwise(x, from => new SliceLayer(from, memory, start, end, step));
    }

    static int Clamped(long place) => (int)Math.Clamp(place, -int.MaxValue, int.MaxValue);
}
