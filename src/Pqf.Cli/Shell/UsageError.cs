using System.CommandLine;
using System.CommandLine.Parsing;
using Pqf.Cli.Configuration;

namespace Pqf.Cli.Shell;

/// <summary>Errors of the parser in the words of all others: where, what was expected, what came.</summary>
static class UsageError
{
    /// <summary>One line.</summary>
    /// <param name="error">Of the parser, or of an option that checks its values.</param>
    /// <param name="parsed">The command line.</param>
    public static string Of(ParseError error, ParseResult parsed)
    {
        if (error.Message.StartsWith($"{ConfigLoader.CommandLine}:", StringComparison.Ordinal))
            return error.Message;
        string? problem = error.SymbolResult switch
        {
            OptionResult { Tokens: [] } option => $"{option.Option.Name}: expected a value after it, got none",
            OptionResult { Tokens.Count: > 1 } option when option.Option.Arity.MaximumNumberOfValues == 1 =>
                $"{option.Option.Name}: expected one value, got {string.Join(" and ", option.Tokens.Select(token => token.Value))}",
            ArgumentResult { Tokens: [] } argument => argument.Parent is OptionResult option
                ? $"{option.Option.Name}: expected a value after it, got none"
                : $"{argument.Argument.Name}: expected a value, got none",
            CommandResult when parsed.UnmatchedTokens.Count > 0 =>
                $"{parsed.UnmatchedTokens[0]}: unexpected; {NameOf(parsed.CommandResult.Command)} takes no such argument",
            _ => null,
        };
        return $"{ConfigLoader.CommandLine}: {problem ?? error.Message}";
    }

    /// <summary>The program's own name, whatever process hosts it.</summary>
    static string NameOf(Command command) => command is RootCommand ? "pqf" : command.Name;
}
