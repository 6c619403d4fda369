using System.Globalization;

namespace Pqf.Properties.Fuzzing;

/// <summary>Memory of the process, native memory included, as Linux counts it; zero elsewhere.</summary>
static class ResidentMemory
{
    /// <summary>Sets the peak to what is resident now.</summary>
    /// <returns>Bytes resident now.</returns>
    public static long Begin()
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        File.WriteAllText("/proc/self/clear_refs", "5"); // "reset the peak resident set size" (proc(5))
        return Peak;
    }

    /// <summary>The most that was resident since.</summary>
    public static long Peak =>
        OperatingSystem.IsLinux()
            ? 1024
                * long.Parse(
                    File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ')[^2],
                    CultureInfo.InvariantCulture
                )
            : 0;
}
