using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Computes tensors that a model computes of its constants, as exporters write what they do not fold.</summary>
static class ConstantArithmetic
{
    /// <summary>More values than a weight of any network has.</summary>
    const int MaxCount = 1 << 28;

    /// <summary>The value of a node; nothing is computed before it is read.</summary>
    /// <param name="node">The node.</param>
    /// <param name="inputs">What it reads; null for what is left out.</param>
    /// <param name="integers">An input as a list of whole numbers.</param>
    /// <returns>Null if it is not computed here.</returns>
    public static StoredTensor? Of(OnnxNode node, ImmutableArray<StoredTensor?> inputs, Func<int, ImmutableArray<long>?> integers)
    {
        if (node.Operator == "ConstantOfShape")
            return integers(0) is { } lengths ? Filled(node, lengths) : null;
        if (inputs is not [{ } x, ..])
            return null;
        return node.Operator switch
        {
            "Identity" or "Dropout" => x,
            // Of integers: what else weights are cast to and from is known before.
            "Cast" when IsInteger(x.Type) && node.Integer("to", 0) is { } to && OnnxTypes.TypeOf(to) is { } type && IsInteger(type) => x,
            // Numbers that a model computes of shapes are kept as floats.
            "Cast"
                when x.Type == DType.F32
                    && node.Integer("to", 0) is { } whole
                    && OnnxTypes.TypeOf(whole) is { } wanted
                    && IsInteger(wanted) => Constant.Mapped(x, node.Output, MathF.Truncate),
            "Gather" when inputs is [_, { } indices] && (IsInteger(indices.Type) || indices.Type == DType.F32) => ConstantParts.Gather(
                node,
                x,
                indices,
                MaxCount
            ),
            "Slice" => ConstantParts.Slice(node, x, integers),
            "Concat" => ConstantParts.Concat(node, inputs, MaxCount),
            "Sqrt" => Constant.Mapped(x, node.Output, MathF.Sqrt),
            "Neg" => Constant.Mapped(x, node.Output, value => -value),
            "Reciprocal" => Constant.Mapped(x, node.Output, value => 1 / value),
            "Exp" => Constant.Mapped(x, node.Output, MathF.Exp),
            "Reshape" => integers(1) is { } shape ? Reshaped(x, shape) : null,
            "Unsqueeze" => Unsqueezed(x, inputs.Length > 1 ? integers(1) : node.Integers("axes", [])),
            "Squeeze" => Squeezed(x, inputs.Length > 1 ? integers(1) : node.Integers("axes", [])),
            "Flatten" when node.Integer("axis", 1) == 1 && x.Shape is { Rank: > 0, Count: > 0 } => Constant.Reshaped(
                x,
                [x.Shape[0], x.Shape.Count / x.Shape[0]]
            ),
            "Transpose" => Transposed(node, x),
            "Add" => Combined(node, x, inputs, (a, b) => a + b),
            "Sub" => Combined(node, x, inputs, (a, b) => a - b),
            "Mul" => Combined(node, x, inputs, (a, b) => a * b),
            "Div" => Combined(node, x, inputs, (a, b) => a / b),
            "Pow" => Combined(node, x, inputs, MathF.Pow),
            _ => null,
        };
    }

    /// <summary>A tensor of one value, 0 by default.</summary>
    static StoredTensor? Filled(OnnxNode node, ImmutableArray<long> lengths)
    {
        float fill = node.Tensor("value") is { Shape.Count: 1 } value ? value.ToSingles()[0] : 0;
        return Shape.OrNull(lengths, MaxCount) is { } shape
            ? Constant.Reshaped(Constant.Filled(node.Output, shape.Count, fill), shape)
            : null;
    }

    static StoredTensor? Combined(
        OnnxNode node,
        StoredTensor x,
        ImmutableArray<StoredTensor?> inputs,
        Func<float, float, float> function
    ) =>
        inputs is [_, { } y] && Constant.Broadcast(x.Shape, y.Shape) is { } shape
            ? Constant.Combined(node.Output, x, y, shape, function)
            : null;

    static bool IsInteger(DType type) => type is DType.U8 or DType.I8 or DType.U16 or DType.I16 or DType.I32 or DType.I64;

    static StoredTensor? Transposed(OnnxNode node, StoredTensor x)
    {
        ImmutableArray<long> reversed = [.. Enumerable.Range(0, x.Shape.Rank).Reverse().Select(axis => (long)axis)];
        return
            node.Integers("perm", reversed) is { } order
            && order.Length == x.Shape.Rank
            && order.Order().Select((axis, i) => axis == i).All(fits => fits)
            ? Constant.Transposed(x, [.. order.Select(axis => (int)axis)])
            : null;
    }

    static StoredTensor? Reshaped(StoredTensor x, ImmutableArray<long> shape)
    {
        long[] lengths = [.. shape.Select((length, i) => length == 0 && i < x.Shape.Rank ? x.Shape[i] : length)];
        long known = lengths.Where(length => length >= 0).Aggregate(1L, (a, b) => Math.Min(a * b, int.MaxValue));
        if (lengths.Count(length => length < 0) > 1 || known > x.Shape.Count || (known > 0 && x.Shape.Count % known != 0))
            return null;
        long open = known == 0 ? 0 : x.Shape.Count / known;
        return Shape.OrNull(lengths.Select(length => length < 0 ? open : length)) is { } found && found.Count == x.Shape.Count
            ? Constant.Reshaped(x, found)
            : null;
    }

    static StoredTensor? Unsqueezed(StoredTensor x, ImmutableArray<long>? axes)
    {
        if (axes is not { IsEmpty: false } given)
            return null;
        int rank = x.Shape.Rank + given.Length;
        var places = given.Select(axis => axis < 0 ? axis + rank : axis).ToHashSet();
        if (places.Count != given.Length || places.Any(place => place < 0 || place >= rank))
            return null;
        var rest = new Queue<int>(x.Shape);
        return Constant.Reshaped(x, new([.. Enumerable.Range(0, rank).Select(axis => places.Contains(axis) ? 1 : rest.Dequeue())]));
    }

    static StoredTensor? Squeezed(StoredTensor x, ImmutableArray<long>? axes)
    {
        if (axes is not { } given)
            return null;
        var places = given.Select(axis => axis < 0 ? axis + x.Shape.Rank : axis).ToHashSet();
        Shape left = new([.. x.Shape.Where((length, axis) => given.IsEmpty ? length != 1 : !places.Contains(axis))]);
        return left.Count == x.Shape.Count ? Constant.Reshaped(x, left) : null;
    }
}
