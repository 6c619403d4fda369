using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Parts of constant tensors, and tensors put together: Slice, Gather and Concat of any number of axes.</summary>
static class ConstantParts
{
    /// <summary>Places along some axes, from a start to an end, in steps that may be negative.</summary>
    /// <param name="node">The node.</param>
    /// <param name="x">The tensor.</param>
    /// <param name="integers">An input as a list of whole numbers.</param>
    public static StoredTensor? Slice(OnnxNode node, StoredTensor x, Func<int, ImmutableArray<long>?> integers)
    {
        bool isOld = node.Input(1).Length == 0;
        if (List(isOld, 1, "starts") is not { IsEmpty: false } starts || List(isOld, 2, "ends") is not { } ends)
            return null;
        ImmutableArray<long> all = [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        if (
            (isOld || node.Input(3).Length > 0 ? List(isOld, 3, "axes") : all) is not { } given
            || (node.Input(4).Length > 0 ? integers(4) : [.. all.Select(_ => 1L)]) is not { } steps
        )
            return null;
        var axes = given.IsEmpty ? all : given;
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
            return null;
        int[][] places = [.. x.Shape.Select(length => Enumerable.Range(0, length).ToArray())];
        for (int i = 0; i < axes.Length; i++)
        {
            if (Axis(x, axes[i]) is not { } axis || steps[i] == 0)
                return null;
            places[axis] = Places(x.Shape[axis], starts[i], ends[i], steps[i]);
        }

        return Taken(node.Output, x, places);

        ImmutableArray<long>? List(bool isAttribute, int input, string attribute) =>
            isAttribute ? node.Integers(attribute, []) : integers(input);
    }

    static int[] Places(int length, long start, long end, long step)
    {
        long first = Math.Clamp(start < 0 ? start + length : start, step < 0 ? -1 : 0, step < 0 ? length - 1 : length),
            last = Math.Clamp(end < 0 ? end + length : end, step < 0 ? -1 : 0, length);
        var places = new List<int>();
        for (long place = first; step < 0 ? place > last : place < last; place += step)
            places.Add((int)place);
        return [.. places];
    }

    /// <summary>Places along one axis, by their numbers: rows of a codebook by the codes of a weight, for example.</summary>
    /// <param name="node">The node.</param>
    /// <param name="x">The tensor.</param>
    /// <param name="indices">The numbers.</param>
    /// <param name="maxCount">Of values.</param>
    public static StoredTensor? Gather(OnnxNode node, StoredTensor x, StoredTensor indices, int maxCount)
    {
        if (node.Integer("axis", 0) is not { } given || Axis(x, given) is not { } axis || x.Shape.Count == 0)
            return null;
        int[] lengths = [.. x.Shape];
        int count = lengths[axis],
            run = lengths[(axis + 1)..].Aggregate(1, (a, b) => a * b),
            outer = lengths[..axis].Aggregate(1, (a, b) => a * b);
        int[] all = [.. lengths[..axis], .. indices.Shape, .. lengths[(axis + 1)..]];
        if (Shape.OrNull(all.Select(length => (long)length), maxCount) is not { } shape)
            return null;
        return new(
            node.Output,
            DType.F32,
            shape,
            bytes =>
            {
                float[] values = x.ToSingles();
                int[] rows = [.. WholeNumbers(indices).Select(index => Row(indices, index, count))];
                var result = MemoryMarshal.Cast<byte, float>(bytes);
                for (int i = 0, at = 0; i < outer; i++)
                    foreach (int row in rows)
                    {
                        values.AsSpan(((i * count) + row) * run, run).CopyTo(result[at..]);
                        at += run;
                    }
            }
        );
    }

    // Codes of a weight are whole numbers; numbers that a model computes of shapes are kept as floats.
    static IEnumerable<int> WholeNumbers(StoredTensor indices) =>
        indices.Type == DType.F32 ? indices.ToSingles().Select(index => (int)index) : indices.ToInt32s();

    static int Row(StoredTensor indices, int index, int count)
    {
        int row = index < 0 ? index + count : index;
        return row >= 0 && row < count
            ? row
            : throw new InvalidDataException($"{indices.Name}: {index} is not the number of one of {count} rows");
    }

    /// <summary>Tensors one behind the other along an axis.</summary>
    /// <param name="node">The node.</param>
    /// <param name="inputs">The tensors; null for one that is not constant.</param>
    /// <param name="maxCount">Of values.</param>
    public static StoredTensor? Concat(OnnxNode node, ImmutableArray<StoredTensor?> inputs, int maxCount)
    {
        if (inputs.Any(input => input is null) || node.Integer("axis", 0) is not { } given || Axis(inputs[0]!, given) is not { } axis)
            return null;
        ImmutableArray<StoredTensor> parts = [.. inputs.Select(input => input!)];
        int[] lengths = [.. parts[0].Shape];
        if (
            parts.Any(part => part.Shape.Rank != lengths.Length || part.Shape.Where((length, i) => i != axis && length != lengths[i]).Any())
        )
            return null;
        int outer = lengths[..axis].Aggregate(1, (a, b) => a * b);
        long total = parts.Sum(part => (long)part.Shape[axis]);
        if (Shape.OrNull(lengths.Select((length, i) => i == axis ? total : length), maxCount) is not { } shape)
            return null;
        return new(
            node.Output,
            DType.F32,
            shape,
            bytes =>
            {
                float[][] values = [.. parts.Select(part => part.ToSingles())];
                var result = MemoryMarshal.Cast<byte, float>(bytes);
                for (int i = 0, at = 0; i < outer; i++)
                    foreach (float[] part in values)
                    {
                        int run = part.Length / outer;
                        part.AsSpan(i * run, run).CopyTo(result[at..]);
                        at += run;
                    }
            }
        );
    }

    static int? Axis(StoredTensor x, long axis) =>
        axis >= -x.Shape.Rank && axis < x.Shape.Rank ? (int)(axis < 0 ? axis + x.Shape.Rank : axis) : null;

    static StoredTensor? Taken(string name, StoredTensor x, int[][] places) =>
        new(
            name,
            DType.F32,
            new([.. places.Select(axis => axis.Length)]),
            bytes =>
            {
                float[] values = x.ToSingles();
                int[] steps = new int[places.Length];
                for (int axis = places.Length - 1, step = 1; axis >= 0; step *= x.Shape[axis--])
                    steps[axis] = step;
                var result = MemoryMarshal.Cast<byte, float>(bytes);
                for (int i = 0; i < result.Length; i++)
                {
                    int from = 0;
                    for (int axis = places.Length - 1, rest = i; axis >= 0; rest /= places[axis--].Length)
                        from += places[axis][rest % places[axis].Length] * steps[axis];
                    result[i] = values[from];
                }
            }
        );
}
