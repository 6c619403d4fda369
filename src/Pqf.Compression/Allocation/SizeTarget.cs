using System.Globalization;

namespace Pqf.Compression.Allocation;

/// <summary>How large a compressed network is to be.</summary>
public abstract record SizeTarget
{
    SizeTarget() { }

    /// <summary>The maximum size in bits of each file that is written.</summary>
    /// <param name="Count">Above 0.</param>
    public sealed record Bits(long Count) : SizeTarget
    {
        /// <summary>The unit in which messages give sizes.</summary>
        public SizeUnit Unit { get; init; } = SizeUnit.MebiByte;
    }

    /// <summary>The minimum ratio of the dense network's size to the compressed one's. As in the paper, sizes are those of parameters: of
    /// codes, codebooks and all other values, without what a file has around them.</summary>
    /// <param name="Value">Above 1.</param>
    public sealed record Ratio(double Value) : SizeTarget;

    /// <summary>Bits at most.</summary>
    /// <param name="denseBits">Of the dense network.</param>
    public long BitsFor(long denseBits) =>
        this switch
        {
            Bits(var count) => count,
            Ratio(var value) => (long)(denseBits / value),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>The target in words: <c>at most 3 MB for each file</c>.</summary>
    public string Text =>
        this switch
        {
            Bits { Count: var count, Unit: var unit } => $"at most {unit.Nearest(count)} for each file",
            Ratio(var value) => string.Create(CultureInfo.InvariantCulture, $"parameters at least {value} times smaller"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    // Bits of fewer bytes are a whole number of 64 bits.
    const double EndBytes = 1e18;

    // No network has so small a file: the unit is missing.
    const double LeastBytes = 100;

    /// <summary>What <see cref="Parse"/> reads, in words.</summary>
    public const string Expected =
        "a size such as 1MB, 900kB, 1.029MiB or 1048576 (bytes), of 100 bytes at least and below 1,000,000,000 GB";

    /// <summary>Reads a size: <c>1MB</c>, <c>1.029MiB</c>, <c>900kB</c>, <c>1048576</c> (bytes).</summary>
    /// <param name="text">A number, and B, kB, MB, GB (powers of 1000), KiB, MiB or GiB (powers of 1024).</param>
    /// <returns>Null if it is not one of <see cref="Expected"/>.</returns>
    public static Bits? Parse(string text)
    {
        string number = text.Trim().TrimEnd([.. "BbkKmMgGi "]),
            unit = text.Trim()[number.Length..].Trim();
        return
            SizeUnit.Of(unit) is { } known
            && double.TryParse(
                number.Replace("_", "", StringComparison.Ordinal),
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out double value
            )
            && value * known.Bytes >= LeastBytes
            && value * known.Bytes < EndBytes
            ? new Bits((long)(value * known.Bytes * 8)) { Unit = known }
            : null;
    }
}
