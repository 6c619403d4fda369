using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Pqf.Bench.Start;

/// <summary>What a process took from its start to its end, and what it printed.</summary>
/// <param name="CpuMs">Of all its threads, in the program and in the system.</param>
/// <param name="WallMs">By the clock.</param>
/// <param name="PeakMb">Most resident memory, in 10⁶ bytes.</param>
/// <param name="Output">Its standard output.</param>
sealed record Consumption(double CpuMs, double WallMs, double PeakMb, string Output);

/// <summary>Measures other processes by what Linux says of those that have ended (getrusage): microseconds, and nothing is lost between two
/// looks.</summary>
/// <remarks>
/// The peak is that of the largest process waited for, so each one is started by a process of its own. Until it has become another program,
/// a process counts its starter's
/// memory as its own: peaks under some 50 MB would be the starter's.
/// </remarks>
static partial class MeasuredProcess
{
    /// <summary>First argument of a process that starts another; the program and its arguments follow.</summary>
    public const string Command = "start-measure";

    // Of struct rusage: seconds and microseconds in the program, the same in the system, KiB of the peak; more follow. RUSAGE_CHILDREN is
    // −1.
    const int UsageLength = 18,
        PeakAt = 4,
        Children = -1;

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static Consumption Of(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(OwnProgram.Path, [Command, program, .. arguments]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        string[] parts = process.StandardOutput.ReadToEnd().Split('\n', 2);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}");
        double[] figures = [.. parts[0].Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return new(figures[0], figures[1], figures[2], parts[1]);
    }

    /// <summary>What the process in between does: its first line holds the figures, then comes the program's output.</summary>
    /// <returns>The program's exit code.</returns>
    public static int Serve(string program, string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        double wallMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        long[] usage = new long[UsageLength];
        if (GetUsage(Children, usage) != 0)
            throw new InvalidOperationException("getrusage failed");
        double cpuMs = ((usage[0] + usage[2]) * 1e3) + ((usage[1] + usage[3]) / 1e3),
            peakMb = usage[PeakAt] * 1024 / 1e6;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cpuMs:R} {wallMs:R} {peakMb:R}"));
        Console.Write(output);
        return process.ExitCode;
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetUsage(int who, [Out] long[] usage);
}
