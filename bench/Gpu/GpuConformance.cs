using System.Diagnostics;

namespace Pqf.Bench.Gpu;

/// <summary>The conformance tests on one kind of device, where a checkout's tests are built.</summary>
static class GpuConformance
{
    static readonly string[] Suites = ["Tensors", "Autodiff", "Nets"];

    public static void Run(GpuReport report, string kind)
    {
        report.Heading("Conformance tests");
        if (Checkout(AppContext.BaseDirectory) is not { } root)
        {
            report.Line("Not run: this program stands outside a checkout.");
            return;
        }

        foreach (string suite in Suites)
            Run(
                report,
                kind,
                suite,
                Path.Combine(root, "tests", $"Pqf.{suite}.Tests", "bin", "Release", "net10.0", $"Pqf.{suite}.Tests.dll")
            );
    }

    static void Run(GpuReport report, string kind, string suite, string program)
    {
        if (!File.Exists(program))
        {
            report.Line($"- {suite}: not run: {program} is not built (dotnet build -c Release)");
            return;
        }

        var start = new ProcessStartInfo("dotnet", [program, "-noColor"]) { RedirectStandardOutput = true };
        start.Environment["PQF_TEST_DEVICE"] = kind;
        using var process = Process.Start(start)!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        string summary =
            lines.LastOrDefault(line => line.Contains("Total:", StringComparison.Ordinal))?.Trim() ?? "ended without a summary";
        report.Line($"- {summary}");
        if (process.ExitCode != 0)
            foreach (string line in lines.Where(line => line.Contains("[FAIL]", StringComparison.Ordinal)).DefaultIfEmpty(summary))
                report.Failed(line.Trim());
    }

    static string? Checkout(string? folder) =>
        folder is null || File.Exists(Path.Combine(folder, "Pqf.sln")) ? folder : Checkout(Path.GetDirectoryName(folder));
}
