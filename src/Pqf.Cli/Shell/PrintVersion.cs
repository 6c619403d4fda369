using System.CommandLine;
using System.CommandLine.Invocation;
using Pqf.Cli.Results;

namespace Pqf.Cli.Shell;

/// <summary><c>--version</c>: the program's own, whatever process hosts it.</summary>
/// <param name="output">Where it goes.</param>
sealed class PrintVersion(ResultOutput output) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        output.Conclude(VersionResult.Current());
        return 0;
    }
}
