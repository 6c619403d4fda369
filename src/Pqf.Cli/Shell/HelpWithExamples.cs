using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Pqf.Cli.Shell;

/// <summary>The parser's own help, then the command's examples.</summary>
sealed class HelpWithExamples(HelpAction help, IReadOnlyDictionary<Command, ImmutableArray<string>> sections) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        if (sections.TryGetValue(parseResult.CommandResult.Command, out var lines))
            foreach (string line in lines)
                parseResult.InvocationConfiguration.Output.WriteLine(line);
        return code;
    }
}
