using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Nets.Weights;

/// <summary>A name without a partner on the other side.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Nearest">The name on the other side that is nearest to it; null if the other side is empty.</param>
public sealed record Unmatched(string Name, string? Nearest);

/// <summary>A tensor that is there but does not fit.</summary>
/// <param name="Name">The tensor's name in the network.</param>
/// <param name="Expected">The shape that the network needs.</param>
/// <param name="Got">What the file holds, for a person: <c>[10, 512]</c>, or codes and codebook.</param>
public sealed record Mismatched(string Name, Shape Expected, string Got);

/// <summary>How the tensors of a file and those that a network needs fit together; everything found in one pass.</summary>
public sealed record LoadReport
{
    /// <summary>Needed, but not in the file.</summary>
    public ImmutableArray<Unmatched> Missing { get; init; } = [];

    /// <summary>Tensors in the file that are not needed. <c>num_batches_tracked</c> is never among them.</summary>
    public ImmutableArray<Unmatched> Unused { get; init; } = [];

    /// <summary>Names, among those in the file but not needed, of tensors within the network or its head's module: the file's network
    /// computes something else. Looked for where nothing is missing.</summary>
    public ImmutableArray<string> Extra { get; init; } = [];

    /// <summary>Tensors in both, with different shapes.</summary>
    public ImmutableArray<Mismatched> Mismatched { get; init; } = [];

    /// <summary>The file holds norms of two vectors: they took mean 0 and variance 1, and must be unfolded before statistics are estimated
    /// again.</summary>
    public bool NormsFolded { get; init; }

    /// <summary>The file holds the parameters of norms that training changes, but no running statistics: mean 0 and variance 1 stand in
    /// for statistics that the network was trained with, so its function is another one until they are estimated.</summary>
    public bool LacksStatistics { get; init; }

    /// <summary>Tensors that the network needs from the file.</summary>
    internal int NeededCount { get; init; }

    /// <summary>Nothing is missing, nothing mismatched, and nothing within the network is left over.</summary>
    public bool Fits => Missing.IsEmpty && Mismatched.IsEmpty && Extra.IsEmpty;

    /// <summary>One line per finding; empty if there are none.</summary>
    public ImmutableArray<string> Findings => IsOfAnother ? [.. FirstMissing()] : All;

    // Of the tensors that another network needs, so many show which one it is.
    const int ShownOfAnother = 3;

    /// <summary>Whether the file holds another network: nine in ten of the needed tensors are missing. A name or two, such as fc.weight,
    /// are those of many networks.</summary>
    bool IsOfAnother => Missing.Length > ShownOfAnother && 10 * (long)Missing.Length >= 9 * (long)NeededCount && NeededCount > 0;

    IEnumerable<string> FirstMissing() =>
        [
            // A name of another network is near by chance, unless it is the same behind a prefix.
            .. Missing
                .Take(ShownOfAnother)
                .Select(x =>
                    $"missing: {x.Name}{(x.Nearest?.EndsWith($".{x.Name}", StringComparison.Ordinal) == true ? Near("file", x) : "")}"
                ),
            $"… and {Missing.Length - ShownOfAnother} more of the {NeededCount} tensors that the network needs",
        ];

    ImmutableArray<string> All =>
        [
            .. Missing.Select(x => $"missing: {x.Name}{Near("file", x)}"),
            .. Mismatched.Select(x => $"mismatched: {x.Name}: expected {x.Expected}, got {x.Got}"),
            .. Extra.Select(name =>
                $"extra: {Printable.Name(name)}: the known network has no such parameter, and computes something else without it"
            ),
            .. Unused.Where(x => !Extra.Contains(x.Name)).Select(x => $"unused: {Printable.Name(x.Name)}{Near("network", x)}"),
        ];

    /// <summary>The findings, a line each.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Findings);

    static string Near(string where, Unmatched one) =>
        one.Nearest is { } name && IsNear(one.Name, name) ? $" (nearest in the {where}: {Printable.Name(name)})" : "";

    /// <summary>Whether one name may be meant by the other: at most six in ten of the letters differ.</summary>
    static bool IsNear(string one, string other) =>
        10 * (long)NearestName.Distance(one, other) <= 6 * (long)Math.Max(one.Length, other.Length);
}
