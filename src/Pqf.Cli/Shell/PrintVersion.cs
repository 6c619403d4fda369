using System.CommandLine;
using System.CommandLine.Invocation;

namespace Pqf.Cli.Shell;

/// <summary><c>--version</c>: the program's own, whatever process hosts it.</summary>
sealed class PrintVersion : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"pqf {HelpText.Version}");
        return 0;
    }
}
