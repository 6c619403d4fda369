using System.Collections.Immutable;
using System.Globalization;

namespace Pqf.Compression.Allocation;

/// <summary>A unit of sizes.</summary>
/// <param name="Name"><c>kB</c>.</param>
/// <param name="Bytes">In one of it.</param>
/// <param name="Decimals">With which sizes are written.</param>
public sealed record SizeUnit(string Name, double Bytes, int Decimals)
{
    static readonly ImmutableArray<SizeUnit> all =
    [
        new("bytes", 1, 0),
        new("kB", 1e3, 1),
        new("MB", 1e6, 3),
        new("GB", 1e9, 3),
        new("KiB", 1 << 10, 1),
        new("MiB", 1 << 20, 3),
        new("GiB", 1 << 30, 3),
    ];

    /// <summary>2²⁰ bytes.</summary>
    public static SizeUnit MebiByte { get; } = all.Single(unit => unit.Name == "MiB");

    /// <summary>The unit of a text, in either case: <c>MB</c>, <c>m</c>; bytes for none.</summary>
    /// <returns>Null if it is no unit.</returns>
    public static SizeUnit? Of(string text) =>
        text.ToUpperInvariant() switch
        {
            "" or "B" => all[0],
            "K" or "M" or "G" => Of(text + "B"),
            var name => all.Skip(1).FirstOrDefault(unit => unit.Name.Equals(name, StringComparison.OrdinalIgnoreCase)),
        };

    /// <summary><c>105.4 kB</c>, never less than the size.</summary>
    public string AtLeast(long bits) => Text(Math.Ceiling(Scaled(bits)));

    /// <summary><c>105.3 kB</c>, never more than the size.</summary>
    public string AtMost(long bits) => Text(Math.Floor(Scaled(bits)));

    /// <summary><c>100 kB</c>, rounded: a size as it was asked for.</summary>
    public string Nearest(long bits) => Text(Math.Round(Scaled(bits)));

    double Scaled(long bits) => bits / 8.0 / Bytes * Math.Pow(10, Decimals);

    string Text(double scaled) =>
        scaled == 1 && Decimals == 0
            ? "1 byte"
            : (scaled / Math.Pow(10, Decimals)).ToString($"#,0.{new string('#', Decimals)}", CultureInfo.InvariantCulture) + $" {Name}";
}
