using System.Collections.Immutable;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>A number that a model computes of shapes: known, or a multiple of the batch size, which is not known.</summary>
/// <param name="Value">The number, or how many times the batch size.</param>
/// <param name="IsBatch">Whether it is a multiple of the batch size.</param>
readonly record struct Extent(double Value, bool IsBatch = false)
{
    /// <summary>The batch size.</summary>
    public static Extent Batch { get; } = new(1, true);
}

/// <summary>A small tensor of numbers that a model computes of shapes.</summary>
/// <param name="Values">Its values.</param>
/// <param name="IsList">Whether it has one axis; else it is one number.</param>
/// <param name="IsInteger">Whether its quotients are rounded.</param>
sealed record Extents(ImmutableArray<Extent> Values, bool IsList, bool IsInteger)
{
    /// <summary>The largest count of values: more than any tensor has axes.</summary>
    public const int MaxCount = 256;

    /// <summary>One number.</summary>
    public static Extents One(Extent value, bool isInteger = true) => new([value], false, isInteger);

    /// <summary>The values, if none depends on the batch size; else null.</summary>
    public ImmutableArray<double>? Numbers => Values.Any(value => value.IsBatch) ? null : [.. Values.Select(value => value.Value)];

    /// <summary>The values as whole numbers, if none depends on the batch size; else null. What is larger than any shape is cut
    /// off.</summary>
    public ImmutableArray<long>? Integers =>
        Numbers is { } numbers && numbers.All(double.IsFinite) ? [.. numbers.Select(value => (long)Math.Clamp(value, -1e15, 1e15))] : null;
}
