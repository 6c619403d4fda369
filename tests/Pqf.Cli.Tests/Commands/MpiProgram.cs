using System.Diagnostics;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Runs of the program under the launcher of an MPI library.</summary>
static class MpiProgram
{
    public const string OpenMpi = "mpirun.openmpi",
        Mpich = "mpirun.mpich";

    // A run that has not ended by then never will: ranks wait for each other.
    static readonly TimeSpan longest = TimeSpan.FromMinutes(3);

    /// <summary>The path of a launcher; skips the test where it is not installed.</summary>
    public static string Found(string launcher)
    {
        string? path = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Select(part => Path.Combine(part, launcher))
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"{launcher} is not installed");
        return path!;
    }

    /// <summary>Runs ranks of one thread each to the end.</summary>
    /// <param name="launcher">Its name.</param>
    /// <param name="count">Ranks.</param>
    /// <param name="arguments">Of the program.</param>
    public static ProcessResult Run(string launcher, int count, params IEnumerable<string> arguments) =>
        Run(Start(Found(launcher), ["-np", $"{count}", .. Program([.. arguments, "--threads", "1"])]));

    /// <summary>Runs one process to the end, as no launcher started it.</summary>
    public static ProcessResult Alone(params IEnumerable<string> arguments) =>
        Run(Start("dotnet", [.. Program([.. arguments, "--threads", "1"]).Skip(1)]));

    /// <summary>A process with the settings that Open MPI needs for root and for more ranks than cores.</summary>
    public static ProcessStartInfo Start(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string name in (string[])["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_rmaps_base_oversubscribe"])
            start.Environment[name] = "1";
        return start;
    }

    /// <summary>The command of a rank.</summary>
    public static string[] Program(params IEnumerable<string> arguments) => ["dotnet", typeof(CommandLine).Assembly.Location, .. arguments];

    /// <summary>Runs to the end.</summary>
    public static ProcessResult Run(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (!process.WaitForExit(longest))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"the run did not end: {output.GetAwaiter().GetResult()}{error.GetAwaiter().GetResult()}");
        }

        return new(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}

/// <summary>What a run gave.</summary>
sealed record ProcessResult(int Code, string Out, string Error)
{
    /// <summary>Fails where the run has failed or said anything on the error output.</summary>
    public ProcessResult WithoutProblems()
    {
        Assert.Equal((0, ""), (Code, Error));
        return this;
    }

    /// <summary>Lines of errors, without those of the launcher.</summary>
    public string[] Errors => [.. Error.Split('\n').Where(line => line.StartsWith("error", StringComparison.Ordinal))];
}
