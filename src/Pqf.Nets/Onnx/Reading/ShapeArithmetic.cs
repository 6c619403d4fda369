using System.Collections.Immutable;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Computes what a model computes of shapes, the batch size being a symbol.</summary>
static class ShapeArithmetic
{
    /// <summary>The value of an operation on small tensors of numbers.</summary>
    /// <param name="node">The operation.</param>
    /// <param name="inputs">What it reads; null for what is left out or is no such tensor.</param>
    /// <returns>Null if it is not computed here.</returns>
    public static Extents? Of(OnnxNode node, ImmutableArray<Extents?> inputs)
    {
        if (inputs is not [{ } x, ..] || inputs.Where((input, i) => input is null && node.Input(i).Length > 0).Any())
            return null;
        var result = inputs is [_, { } y, ..] ? OfTwo(node, x, y, inputs) : OfOne(node, x);
        return result is { Values.Length: <= Extents.MaxCount } ? result : null;
    }

    /// <summary>A constant as such a tensor; null if it is too large for one, or has several axes.</summary>
    public static Extents? Of(StoredTensor constant)
    {
        if (constant.Shape is not { Rank: <= 1, Count: <= Extents.MaxCount })
            return null;
        bool isInteger = constant.Type is not (DType.F32 or DType.F16 or DType.BF16 or DType.F64);
        var values =
            constant.Type == DType.I64
                ? OnnxNode.Integers(constant).Select(value => new Extent(value))
                : constant.ToSingles().Select(value => new Extent(value));
        return new([.. values], constant.Shape.Rank == 1, isInteger);
    }

    static Extents? OfOne(OnnxNode node, Extents x) =>
        node.Operator switch
        {
            "Identity" => x,
            "Cast" => Cast(node, x),
            "Unsqueeze" or "Squeeze" => Ranked(node, x, node.Integers("axes", [])?.Length ?? 0),
            "Concat" => x,
            "Floor" => Map(x, Math.Floor),
            "Ceil" => Map(x, Math.Ceiling),
            "Round" => Map(x, value => Math.Round(value, MidpointRounding.ToEven)),
            "Neg" => x with { Values = [.. x.Values.Select(value => value with { Value = -value.Value })] },
            "Sqrt" => Map(x, Math.Sqrt),
            "ReduceProd" => Product(node, x),
            "Slice" when node.Integers("starts", []) is [var start] && node.Integers("ends", []) is [var end] => Slice(x, start, end, 1),
            "ConstantOfShape" => Filled(node, x),
            _ => null,
        };

    static Extents? OfTwo(OnnxNode node, Extents x, Extents y, ImmutableArray<Extents?> inputs)
    {
        switch (node.Operator)
        {
            case "Concat":
                return new([.. inputs.SelectMany(input => input!.Values)], true, x.IsInteger);
            case "Gather":
                return Gather(x, y);
            case "Slice":
                return
                    inputs is [_, _, { Integers: [var end] }, ..]
                    && y.Integers is [var start]
                    && (inputs.Length < 5 || inputs[4] is not null)
                    ? Slice(x, start, end, inputs is [_, _, _, _, { Integers: [var step] }, ..] ? step : 1)
                    : null;
            case "Range":
                return inputs is [_, _, { } delta] ? Range(x, y, delta) : null;
            case "Where":
                return inputs is [_, _, { } other] ? Where(x, y, other) : null;
            case "Unsqueeze" or "Squeeze" or "Reshape":
                return Ranked(node, x, y.Values.Length);
            case "Expand":
                return y.Integers is [var count and >= 0 and <= Extents.MaxCount] && x.Values is [var value]
                    ? new([.. Enumerable.Repeat(value, (int)count)], true, x.IsInteger)
                    : null;
            default:
                return Elementwise(node.Operator, x, y);
        }
    }

    static Extents? Elementwise(string operation, Extents x, Extents y)
    {
        int count = Math.Max(x.Values.Length, y.Values.Length);
        if ((x.Values.Length != count && x.Values.Length != 1) || (y.Values.Length != count && y.Values.Length != 1))
            return null;
        var values = ImmutableArray.CreateBuilder<Extent>(count);
        bool isInteger = x.IsInteger && y.IsInteger;
        for (int i = 0; i < count; i++)
        {
            if (Of(operation, x.Values[i % x.Values.Length], y.Values[i % y.Values.Length], isInteger) is not { } value)
                return null;
            values.Add(value);
        }

        return new(values.MoveToImmutable(), x.IsList || y.IsList, isInteger || operation == "Equal");
    }

    static Extent? Of(string operation, Extent a, Extent b, bool isInteger) =>
        operation switch
        {
            "Mul" when !(a.IsBatch && b.IsBatch) => new(a.Value * b.Value, a.IsBatch || b.IsBatch),
            "Div" when b.Value != 0 && (a.IsBatch || !b.IsBatch) => Quotient(a, b, isInteger),
            // The batch size is at least 1, and no negative number; it may be any other.
            "Equal" when a.IsBatch != b.IsBatch && (a.IsBatch ? b : a).Value < 0 => new(0),
            "Add" or "Sub" when b == new Extent(0) => a,
            _ when a.IsBatch || b.IsBatch => null,
            "Add" => new(a.Value + b.Value),
            "Sub" => new(a.Value - b.Value),
            "Min" => new(Math.Min(a.Value, b.Value)),
            "Max" => new(Math.Max(a.Value, b.Value)),
            "Pow" => new(Math.Pow(a.Value, b.Value)),
            "Mod" when b.Value != 0 => new(a.Value - (b.Value * Math.Floor(a.Value / b.Value))),
            "Equal" => new(a.Value == b.Value ? 1 : 0),
            "Greater" => new(a.Value > b.Value ? 1 : 0),
            "Less" => new(a.Value < b.Value ? 1 : 0),
            _ => null,
        };

    static Extent? Quotient(Extent a, Extent b, bool isInteger)
    {
        double value = a.Value / b.Value;
        bool isBatch = a.IsBatch && !b.IsBatch;
        return !isInteger || value == Math.Truncate(value) ? new(value, isBatch)
            : isBatch ? null
            : new Extent(Math.Truncate(value));
    }

    static Extents? Map(Extents x, Func<double, double> function) =>
        x.Values.All(value => !value.IsBatch || function(value.Value) == value.Value)
            ? x with
            {
                Values = [.. x.Values.Select(value => value with { Value = function(value.Value) })],
            }
            : null;

    static Extents? Cast(OnnxNode node, Extents x) =>
        node.Integer("to", 0) is not { } number || OnnxTypes.TypeOf(number) is not { } type ? null
        : type is DType.F32 or DType.F16 or DType.BF16 or DType.F64 ? x with { IsInteger = false }
        : type == DType.Bool ? null
        : Map(x, Math.Truncate) is { } whole ? whole with { IsInteger = true }
        : null;

    /// <summary>One number as a list, or the other way round; null for what has more axes.</summary>
    static Extents? Ranked(OnnxNode node, Extents x, int count) =>
        (node.Operator, count) switch
        {
            ("Unsqueeze", 1) when !x.IsList => x with { IsList = true },
            ("Squeeze", <= 1) when x.Values.Length == 1 => x with { IsList = false },
            ("Reshape", 1) => x with { IsList = true },
            ("Reshape", 0) when x.Values.Length == 1 => x with { IsList = false },
            _ => null,
        };

    static Extents? Product(OnnxNode node, Extents x)
    {
        Extent? product = new Extent(1);
        foreach (var value in x.Values)
            product = product is { } so ? Of("Mul", so, value, true) : null;
        return product is { } all ? new([all], node.Integer("keepdims", 1) != 0, x.IsInteger) : null;
    }

    static Extents? Gather(Extents x, Extents indices)
    {
        if (indices.Integers is not { } places)
            return null;
        int count = x.Values.Length;
        return places.All(place => place >= -count && place < count)
            ? new([.. places.Select(place => x.Values[(int)(place < 0 ? place + count : place)])], indices.IsList, x.IsInteger)
            : null;
    }

    static Extents? Slice(Extents x, long start, long end, long step)
    {
        int count = x.Values.Length;
        if (step != 1)
            return null;
        int first = At(start),
            last = Math.Max(first, At(end));
        return new(x.Values[first..last], true, x.IsInteger);

        int At(long place) => (int)Math.Clamp(place < 0 ? place + count : place, 0, count);
    }

    static Extents? Range(Extents start, Extents limit, Extents delta)
    {
        if (start.Numbers is not [var from] || limit.Numbers is not [var to] || delta.Numbers is not [not 0 and var by])
            return null;
        double count = Math.Max(0, Math.Ceiling((to - from) / by));
        return count <= Extents.MaxCount
            ? new([.. Enumerable.Range(0, (int)count).Select(i => new Extent(from + (i * by)))], true, start.IsInteger)
            : null;
    }

    static Extents? Where(Extents condition, Extents x, Extents y)
    {
        int count = Math.Max(condition.Values.Length, Math.Max(x.Values.Length, y.Values.Length));
        if (
            new[] { condition, x, y }.Any(part => part.Values.Length != count && part.Values.Length != 1)
            || condition.Numbers is not { } is1
        )
            return null;
        var values = Enumerable
            .Range(0, count)
            .Select(i => (is1[i % is1.Length] != 0 ? x : y).Values[i % (is1[i % is1.Length] != 0 ? x : y).Values.Length]);
        return new([.. values], condition.IsList || x.IsList || y.IsList, x.IsInteger);
    }

    static Extents? Filled(OnnxNode node, Extents x)
    {
        if (x.Integers is not [>= 0 and <= Extents.MaxCount and var count])
            return null;
        var fill = node.Tensor("value") is { } value ? Of(value) : Extents.One(new(0), false);
        return fill is { Values: [var number] } ? new([.. Enumerable.Repeat(number, (int)count)], true, fill.IsInteger) : null;
    }
}
