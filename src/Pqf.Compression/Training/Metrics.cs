using System.Collections.Immutable;

namespace Pqf.Compression.Training;

/// <summary>A named average over examples.</summary>
/// <param name="Name">Such as <c>accuracy</c>.</param>
/// <param name="Value">The average; not a number if that is what the examples gave.</param>
public readonly record struct Mean(string Name, double Value);

/// <summary>What was measured on some examples.</summary>
/// <param name="Count">Examples.</param>
/// <param name="Means">Averages over them, always in the same order; none of no examples.</param>
public sealed record Metrics(int Count, ImmutableArray<Mean> Means)
{
    /// <summary>Name of the loss, which is measured of everything that is trained.</summary>
    public const string Loss = "loss";

    /// <summary>The metrics of no examples.</summary>
    public static Metrics None { get; } = new(0, []);

    /// <summary>The average of a name.</summary>
    /// <exception cref="KeyNotFoundException">It was not measured.</exception>
    public double this[string name] =>
        Means.Any(mean => mean.Name == name)
            ? Means.First(mean => mean.Name == name).Value
            : throw new KeyNotFoundException(
                $"Metrics: expected {name}, which is not among {string.Join(", ", Means.Select(mean => mean.Name))}"
            );

    /// <summary>The metrics of both sets of examples together.</summary>
    public static Metrics operator +(Metrics a, Metrics b) =>
        a.Count == 0 ? b
        : b.Count == 0 ? a
        : new(
            a.Count + b.Count,
            [.. a.Means.Zip(b.Means, (x, y) => x with { Value = ((x.Value * a.Count) + (y.Value * b.Count)) / (a.Count + b.Count) })]
        );
}
