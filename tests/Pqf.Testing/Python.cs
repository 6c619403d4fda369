using System.Diagnostics;
using Xunit;

namespace Pqf.Testing;

/// <summary>Runs Python as a client of the files that we write.</summary>
public static class Python
{
    /// <summary>What a script prints; skips the test where no Python with the modules is found.</summary>
    /// <param name="modules">Modules the script needs, comma-separated: <c>torch, numpy</c>.</param>
    /// <param name="script">The script.</param>
    /// <param name="arguments">Its <c>sys.argv[1:]</c>.</param>
    public static string Run(string modules, string script, params IEnumerable<string> arguments)
    {
        string? python = new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(candidate =>
            Start(candidate, ["-c", $"import importlib.util as i; assert all(map(i.find_spec, '{modules}'.split(', ')))"]).ExitCode == 0
        );
        Assert.SkipWhen(python is null, $"no python3 with {modules}");
        var (exitCode, output, error) = Start(python!, ["-c", script, .. arguments]);
        Assert.True(exitCode == 0, error);
        return output;
    }

    static (int ExitCode, string Output, string Error) Start(string python, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
        catch (System.ComponentModel.Win32Exception exception) // no such program
        {
            return (-1, "", exception.Message);
        }
    }
}
