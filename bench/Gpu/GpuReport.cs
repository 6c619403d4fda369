using System.Globalization;

namespace Pqf.Bench.Gpu;

/// <summary>Lines of Markdown, printed as they come and kept for the report's file.</summary>
sealed class GpuReport
{
    readonly List<string> lines = [];

    /// <summary>Whether every comparison with the host held.</summary>
    public bool IsRight { get; private set; } = true;

    public void Heading(string text)
    {
        Line("");
        Line($"## {text}");
        Line("");
    }

    public void Line(string text)
    {
        lines.Add(text);
        Console.WriteLine(text);
    }

    /// <summary>The first rows of a table.</summary>
    public void Columns(params string[] names)
    {
        Line($"| {string.Join(" | ", names)} |");
        Line($"|{string.Concat(names.Select((_, i) => i == 0 ? "---|" : "---:|"))}");
    }

    /// <summary>A row of a table.</summary>
    public void Row(params object[] values) =>
        Line($"| {string.Join(" | ", values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)))} |");

    /// <summary>Says how far a result is from the host's, and remembers whether that is too far.</summary>
    public string Compared(double difference, double tolerance)
    {
        bool holds = difference <= tolerance; // false where it is no number
        IsRight &= holds;
        return string.Create(CultureInfo.InvariantCulture, $"{difference:0.0e+0}{(holds ? "" : $" WRONG (at most {tolerance:0e+0})")}");
    }

    /// <summary>Remembers that something failed.</summary>
    public void Failed(string what)
    {
        IsRight = false;
        Line($"FAILED: {what}");
    }

    public void Save(string path) => File.WriteAllLines(path, lines);

    /// <summary>Three digits.</summary>
    public static string Number(double value) =>
        value.ToString(
            value >= 100 ? "F0"
                : value >= 10 ? "F1"
                : value >= 1 ? "F2"
                : "F3",
            CultureInfo.InvariantCulture
        );

    /// <summary>In hundredths.</summary>
    public static string Percent(double share) => share.ToString("P1", CultureInfo.InvariantCulture);
}
