using System.Diagnostics;
using Pqf.Cli.Shell;

namespace Pqf.Cli.Tests;

/// <summary>Runs the program as a process of its own, in a folder.</summary>
static class ProgramProcess
{
    static string Program => Path.Combine(AppContext.BaseDirectory, "pqf.dll");

    /// <summary>Whether a pseudo-terminal can be had.</summary>
    public static bool HasTerminal => OperatingSystem.IsLinux() && File.Exists("/usr/bin/script");

    /// <summary>Runs to the end with pipes in the place of a terminal.</summary>
    public static CliResult Run(string folder, params string[] arguments) => Start(folder, "dotnet", [Program, .. arguments]);

    /// <summary>Runs to the end by a shell, which knows the program as <c>pqf</c>.</summary>
    public static CliResult Shell(string folder, string line) => Start(folder, "/bin/sh", ["-c", Defined(line)]);

    /// <summary>Runs to the end in a terminal. What the program writes to either output is the result's.</summary>
    /// <param name="folder">Where it runs.</param>
    /// <param name="line">The command line; the program is <c>pqf</c>.</param>
    /// <param name="environment">Assignments: <c>NO_COLOR=1</c>.</param>
    /// <param name="columns">The terminal's width.</param>
    public static CliResult Terminal(string folder, string line, string environment = "", int columns = 80) =>
        Start(
            folder,
            "/usr/bin/script",
            ["-qec", Defined($"stty cols {columns} rows 24; export TERM=xterm-256color {environment}; {line}"), "/dev/null"]
        );

    static string Defined(string line) => $"pqf() {{ dotnet '{Program}' \"$@\"; }}; {line}";

    static CliResult Start(string folder, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("NO_COLOR");
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new((ExitCode)process.ExitCode, output.ReplaceLineEndings("\n"), error.Result.ReplaceLineEndings("\n"));
    }
}
