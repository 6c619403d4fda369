using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Pqf.Tensors;

/// <summary>The lengths of a dense, row-major array's axes. A rank of zero is a scalar of one element.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>, IReadOnlyList<int>
{
    readonly ImmutableArray<int> dimensions;
    readonly int count;

    /// <summary>A shape of the given axis lengths.</summary>
    /// <exception cref="ShapeException">A length is negative, or the element count does not fit 31 bits.</exception>
    public Shape(params ReadOnlySpan<int> dimensions)
    {
        this.dimensions = [.. dimensions];
        long product = 1;
        foreach (int length in dimensions)
        {
            if (length < 0)
                throw new ShapeException("Shape", $"expected lengths of 0 or more, got {this}");
            product *= length;
            if (product > int.MaxValue)
                throw new ShapeException("Shape", $"expected at most {int.MaxValue} elements, got {this}");
        }

        count = (int)product;
    }

    /// <summary>The shape of lengths that nobody has checked.</summary>
    /// <param name="lengths">One for each axis.</param>
    /// <param name="limit">Lengths of 0 aside, their product must be below this: no order of axes may pass 31 bits.</param>
    /// <returns>Null if a length is negative or the product is not below the limit.</returns>
    public static Shape? OrNull(IEnumerable<long> lengths, int limit = int.MaxValue)
    {
        long product = 1;
        var dimensions = ImmutableArray.CreateBuilder<int>();
        foreach (long length in lengths)
        {
            if (length < 0 || length >= limit || (product *= Math.Max(length, 1)) >= limit)
                return null;
            dimensions.Add((int)length);
        }

        return new(dimensions.ToArray());
    }

    /// <summary>Used by collection expressions: <c>Shape s = [2, 3]</c>.</summary>
    public static Shape Create(ReadOnlySpan<int> dimensions) => new(dimensions);

    /// <summary>Number of axes.</summary>
    public int Rank => dimensions.IsDefault ? 0 : dimensions.Length;

    /// <summary>Number of axes, under the name that list patterns and spreads (<c>[.. shape]</c>) look for first; without it they would
    /// take <see cref="Count"/>.</summary>
    public int Length => Rank;

    /// <summary>Number of elements; at most 2^31 − 1.</summary>
    public int Count => dimensions.IsDefault ? 1 : count; // new Shape() is a scalar too

    /// <summary>Length of one axis.</summary>
    public int this[int axis] => dimensions[axis];

    /// <summary>Length of the last axis; 1 for a scalar.</summary>
    public int Last => Rank == 0 ? 1 : dimensions[^1];

    int IReadOnlyCollection<int>.Count => Rank;

    /// <inheritdoc/>
    public bool Equals(Shape other) => AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (int length in AsSpan())
            hash.Add(length);
        return hash.ToHashCode();
    }

    /// <summary>The axis lengths, first axis first.</summary>
    public ReadOnlySpan<int> AsSpan() => dimensions.IsDefault ? [] : dimensions.AsSpan();

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)(dimensions.IsDefault ? [] : dimensions)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>As written in messages: <c>[2, 3]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", AsSpan().ToArray())}]";

    /// <summary>Equal lengths on equal axes.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Different lengths or ranks.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);
}

/// <summary>A broken contract of an op: names the op, what it expected and what came.</summary>
public sealed class ShapeException(string op, string problem) : ArgumentException($"{op}: {problem}");
