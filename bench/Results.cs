using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Pqf.Autodiff;

namespace Pqf.Bench;

/// <summary>The files of bench/results, one set for each processor.</summary>
static class Results
{
    /// <summary>Today.</summary>
    public static string Date => DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>What is measured; with + where the working tree differs, results apart.</summary>
    public static string Commit =>
        Git("describe", "--always", "--exclude=*")
        + (Git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":!/bench/results").Length > 0 ? "+" : "");

    /// <summary>Writes rows of a results file in place of those of the same cases.</summary>
    /// <param name="suffix">Of the file's name, after the processor's.</param>
    /// <param name="header">Names of the fields.</param>
    /// <param name="name">The fields that name a case.</param>
    /// <param name="rows">Fields separated by commas; no field holds one.</param>
    /// <returns>The file.</returns>
    /// <exception cref="FormatException">A row has more or fewer fields than the header.</exception>
    public static string Save(string suffix, string header, Range name, IEnumerable<string> rows)
    {
        string Case(string line) => string.Join(',', line.Split(',')[name]);
        string folder = Path.Combine(Git("rev-parse", "--show-toplevel"), "bench", "results"),
            path = Path.Combine(folder, $"{Processor()}{suffix}.csv");
        Directory.CreateDirectory(folder);
        string[] measured = [.. rows];
        int fields = header.Split(',').Length;
        if (measured.FirstOrDefault(row => row.Split(',').Length != fields) is { } wrong)
            throw new FormatException($"{path}: expected {fields} fields ({header}), got: {wrong}");
        var cases = measured.Select(Case).ToHashSet();
        string[] kept = File.Exists(path) ? [.. File.ReadLines(path).Skip(1).Where(line => !cases.Contains(Case(line)))] : [];
        File.WriteAllLines(path, [header, .. kept.Concat(measured).OrderBy(Case, StringComparer.Ordinal)]);
        return path;
    }

    /// <summary>Name, family and width of vectors: virtual machines call several generations by one name.</summary>
    static string Processor()
    {
        string name = CpuInfo("model name") ?? RuntimeInformation.ProcessArchitecture.ToString();
        string family = CpuInfo("cpu family") is { } number ? $" family{number}" : "";
        string words = $"{name}{family} {(Vector512.IsHardwareAccelerated ? 512 : 256)}bit";
        return string.Concat(words.Select(c => char.IsLetterOrDigit(c) || c == '-' ? c : ' ')).Trim().Replace(' ', '-');
    }

    static string? CpuInfo(string key)
    {
        string? line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    static string Git(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd().Trim();
    }
}
