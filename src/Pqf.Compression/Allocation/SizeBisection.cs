namespace Pqf.Compression.Allocation;

/// <summary>Looks for the smallest size that passes a test, by halving the ratio between a size that fails and one that passes. The sizes
/// that it tries do not depend on what the test asks for, but for where it passes: so a test that passes wherever another does never ends
/// with a larger size, even where the larger of two sizes passes less than the smaller one.</summary>
/// <param name="Least">The smallest size, above 0.</param>
/// <param name="Most">The largest, at least as large.</param>
public sealed record SizeBisection(long Least, long Most)
{
    /// <summary>Most sizes that are tried.</summary>
    public const int MostTrials = 7;

    // Equal ratios between the smallest size and the largest. 64 halve six times: with a range of 8 to 100 times smaller 4 % each.
    const int Steps = 64;

    int Failed { get; init; } = -1;

    int? Passed { get; init; }

    /// <summary>The size to try next; null at the end. The middle comes first, and after it, where that fails, the largest: where that
    /// fails too, the search ends without the sizes between them.</summary>
    public long? Next => NextStep is { } step ? SizeAt(step) : null;

    /// <summary>The smallest size that has passed; null for none.</summary>
    public long? Smallest => Passed is { } step ? SizeAt(step) : null;

    int? NextStep =>
        Passed is { } passed
            ? passed - Failed > 1
                ? Middle(Failed, passed)
                : null
            : Failed < 0
                ? Steps / 2
                : Failed < Steps
                    ? Steps
                    : null;

    /// <summary>The search after the next size was tried.</summary>
    /// <param name="passes">Whether it passes.</param>
    /// <exception cref="InvalidOperationException">The search is at its end.</exception>
    public SizeBisection After(bool passes)
    {
        int tried = NextStep ?? throw new InvalidOperationException("SizeBisection: expected a search that is not at its end");
        return passes ? this with { Passed = tried } : this with { Failed = tried };
    }

    // Half of the way, rounded up: the smallest size of all is the last one that is tried.
    static int Middle(int failed, int passed) => (failed + passed + 1) / 2;

    long SizeAt(int step) =>
        step == Steps ? Most
        : step == 0 ? Least
        : (long)(Least * Math.Pow((double)Most / Least, (double)step / Steps));
}
