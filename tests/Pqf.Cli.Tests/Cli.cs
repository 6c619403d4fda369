using Pqf.Cli.Shell;

namespace Pqf.Cli.Tests;

/// <summary>What a command line gave.</summary>
sealed record CliResult(ExitCode Code, string Out, string Error)
{
    /// <summary>Lines of the results.</summary>
    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The one line on the error output; fails if there are more.</summary>
    public string ErrorLine => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Single();
}

/// <summary>Runs command lines within the test's process.</summary>
static class Cli
{
    /// <summary>Runs to the end.</summary>
    public static CliResult Run(params string[] arguments) => Run(CancellationToken.None, arguments);

    /// <summary>Runs until it ends or is cancelled, as by Ctrl-C.</summary>
    public static CliResult Run(CancellationToken cancellation, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        // Notes come from threads that decode.
        using var error = new StringWriter { NewLine = "\n" };
        var code = CommandLine.Run(
            arguments,
            new Terminal(output, TextWriter.Synchronized(error), false, TimeProvider.System, cancellation)
        );
        return new CliResult(code, output.ToString(), error.ToString());
    }
}
