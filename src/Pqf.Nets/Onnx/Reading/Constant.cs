using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Tensors of a model that are computed from others when they are read.</summary>
static class Constant
{
    /// <summary>Stands in the name of a tensor before what was done to its values.</summary>
    public const char Change = '\n';

    /// <summary>The same values under another shape.</summary>
    public static StoredTensor Reshaped(StoredTensor x, Shape shape) => new(x.Name, x.Type, shape, x.ReadBytes);

    /// <summary>A function of each value.</summary>
    /// <param name="x">The values.</param>
    /// <param name="change">What the function does, by which the result's name differs.</param>
    /// <param name="function">The function.</param>
    public static StoredTensor Mapped(StoredTensor x, string change, Func<float, float> function) =>
        new(
            $"{x.Name}{Change}{change}",
            DType.F32,
            x.Shape,
            bytes =>
            {
                var values = MemoryMarshal.Cast<byte, float>(bytes);
                x.ReadSingles(values);
                for (int i = 0; i < values.Length; i++)
                    values[i] = function(values[i]);
            }
        );

    /// <summary>One number, repeated.</summary>
    public static StoredTensor Filled(string name, int count, float value) =>
        new(name, DType.F32, [count], bytes => MemoryMarshal.Cast<byte, float>(bytes).Fill(value));

    /// <summary>One value, repeated if there is need.</summary>
    /// <param name="x">[1] or [count].</param>
    /// <param name="count">Values wanted.</param>
    public static StoredTensor Spread(StoredTensor x, int count) =>
        x.Shape.Count == count
            ? Reshaped(x, [count])
            : new(x.Name, DType.F32, [count], bytes => MemoryMarshal.Cast<byte, float>(bytes).Fill(x.ToSingles()[0]));

    /// <summary>Axes in another order.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="order">Axis i of the result is axis order[i].</param>
    public static StoredTensor Transposed(StoredTensor x, ImmutableArray<int> order)
    {
        int[] lengths = [.. order.Select(axis => x.Shape[axis])];
        int[] steps = new int[x.Shape.Rank];
        for (int axis = steps.Length - 1, step = 1; axis >= 0; step *= x.Shape[axis--])
            steps[axis] = step;
        int[] moves = [.. order.Select(axis => steps[axis])];
        return new(
            $"{x.Name}{Change}{string.Join(' ', order)}",
            DType.F32,
            new(lengths),
            bytes => Gather(x.ToSingles(), lengths, moves, MemoryMarshal.Cast<byte, float>(bytes))
        );
    }

    /// <summary>Arithmetic of two tensors, broadcast as in ONNX.</summary>
    public static StoredTensor Combined(string name, StoredTensor a, StoredTensor b, Shape shape, Func<float, float, float> function) =>
        new(
            name,
            DType.F32,
            shape,
            bytes =>
            {
                var result = MemoryMarshal.Cast<byte, float>(bytes);
                float[] right = new float[shape.Count];
                int[] lengths = [.. shape];
                Gather(a.ToSingles(), lengths, Moves(a.Shape, shape), result);
                Gather(b.ToSingles(), lengths, Moves(b.Shape, shape), right);
                for (int i = 0; i < right.Length; i++)
                    result[i] = function(result[i], right[i]);
            }
        );

    /// <summary>The shape of two that are broadcast as in ONNX; null if they do not fit.</summary>
    public static Shape? Broadcast(Shape a, Shape b)
    {
        long[] lengths = new long[Math.Max(a.Rank, b.Rank)];
        for (int i = 1; i <= lengths.Length; i++)
        {
            int left = i > a.Rank ? 1 : a[a.Rank - i],
                right = i > b.Rank ? 1 : b[b.Rank - i];
            if (left != right && left != 1 && right != 1)
                return null;
            lengths[^i] = left == 1 ? right : left;
        }

        return Shape.OrNull(lengths);
    }

    static int[] Moves(Shape x, Shape to)
    {
        int[] moves = new int[to.Rank];
        for (int i = 1, step = 1; i <= x.Rank; i++)
        {
            moves[^i] = x[x.Rank - i] == 1 ? 0 : step;
            step *= x[x.Rank - i];
        }

        return moves;
    }

    static void Gather(float[] from, int[] lengths, int[] moves, Span<float> to)
    {
        int[] at = new int[lengths.Length];
        int place = 0;
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = from[place];
            for (int axis = lengths.Length - 1; axis >= 0; axis--)
            {
                place += moves[axis];
                if (++at[axis] < lengths[axis])
                    break;
                place -= moves[axis] * lengths[axis];
                at[axis] = 0;
            }
        }
    }
}
