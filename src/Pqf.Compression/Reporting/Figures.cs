using System.Globalization;
using Pqf.Nets.Metrics;

namespace Pqf.Compression.Reporting;

/// <summary>How figures are written for people: the same everywhere, in every culture.</summary>
public static class Figures
{
    /// <summary><c>12,927,232</c>.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>1.541 MiB</c>.</summary>
    public static string MebiBytes(long sizeBits) => string.Create(CultureInfo.InvariantCulture, $"{sizeBits / 8.0 / (1 << 20):0.000} MiB");

    /// <summary><c>207 KiB</c>, <c>4.14 MiB</c>.</summary>
    public static string ShortSize(long sizeBits) =>
        sizeBits < 1 << 23
            ? string.Create(CultureInfo.InvariantCulture, $"{sizeBits / 8192.0:0} KiB")
            : string.Create(CultureInfo.InvariantCulture, $"{sizeBits / 8388608.0:0.00} MiB");

    /// <summary><c>28.94</c>.</summary>
    public static string Ratio(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary><c>12,927,232 bits = 1.541 MiB; 28.94 times smaller than the dense network's 374,064,384 bits</c>.</summary>
    /// <param name="bits">The size.</param>
    /// <param name="than">What it is compared with, in the genitive: <c>the dense network's</c>.</param>
    /// <param name="thanBits">The size of that.</param>
    /// <returns>The size alone, where both are the same.</returns>
    public static string Size(long bits, string than, long thanBits) =>
        $"{Count(bits)} bits = {MebiBytes(bits)}"
        + (bits == thanBits ? "" : $"; {Ratio((double)thanBits / bits)} times smaller than {than} {Count(thanBits)} bits");

    /// <summary><c>297/400 = 74.25 % (95 % interval 69.75 … 78.29)</c>.</summary>
    public static string Percent(Proportion proportion) =>
        $"{proportion.Correct}/{proportion.Count} = {Percent(proportion.Value)} (95 % interval {Interval(proportion)})";

    /// <summary><c>74.25 %</c>.</summary>
    /// <param name="share">0 … 1.</param>
    public static string Percent(double share) => $"{Rounded(100 * share, "0.00")} %";

    /// <summary>A number in a format, without the sign of a negative one that is rounded to 0.</summary>
    public static string Rounded(double value, string format)
    {
        string text = value.ToString(format, CultureInfo.InvariantCulture);
        return text.Any(c => c is >= '1' and <= '9') ? text : text.TrimStart('-');
    }

    /// <summary><c>69.75 … 78.29</c>: the 95 % interval, in per cent.</summary>
    public static string Interval(Proportion proportion)
    {
        var (low, high) = proportion.Interval95;
        return string.Create(CultureInfo.InvariantCulture, $"{100 * low:0.00} … {100 * high:0.00}");
    }
}
