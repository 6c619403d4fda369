using System.CommandLine;
using System.CommandLine.Parsing;
using Pqf.Cli.Configuration;
using Pqf.Compression.Allocation;

namespace Pqf.Cli.Shell;

/// <summary>Errors of the parser in the words of all others: where, what was expected, what came.</summary>
static class UsageError
{
    /// <summary>One line.</summary>
    /// <param name="error">Of the parser, or of an option that checks its values.</param>
    /// <param name="parsed">The command line.</param>
    public static string Of(ParseError error, ParseResult parsed)
    {
        if (SizeInTwoWords(parsed) is { } size)
            return $"{ConfigLoader.CommandLine}: {size}";
        if (error.Message.StartsWith($"{ConfigLoader.CommandLine}:", StringComparison.Ordinal))
            return error.Message;
        string? problem = error.SymbolResult switch
        {
            OptionResult { Tokens: [] } option => $"{option.Option.Name}: expected a value after it, got none",
            OptionResult { Tokens.Count: > 1 } option when option.Option.Arity.MaximumNumberOfValues == 1 =>
                $"{option.Option.Name}: expected one value, got {string.Join(" and ", option.Tokens.Select(token => token.Value))}",
            ArgumentResult { Tokens: [] } argument => argument.Parent is OptionResult option
                ? $"{option.Option.Name}: expected a value after it, got none"
                : $"{argument.Argument.Name}: expected a value, got none{WhatItIs(argument.Argument)}",
            CommandResult when parsed.UnmatchedTokens.Count > 0 =>
                $"{parsed.UnmatchedTokens[0]}: unexpected; {NameOf(parsed.CommandResult.Command)} takes no such argument",
            _ => null,
        };
        return $"{ConfigLoader.CommandLine}: {problem ?? error.Message}";
    }

    /// <summary>What an argument is, as help has it: <c>; it is a second classifier</c>.</summary>
    static string WhatItIs(Argument argument) =>
        argument.Description is { Length: > 1 } text ? $"; it is {char.ToLowerInvariant(text[0])}{text[1..]}" : "";

    /// <summary>The problem of a size whose unit is a word of its own: 1.5 MB; null where there is none.</summary>
    static string? SizeInTwoWords(ParseResult parsed)
    {
        string[] words = [.. parsed.Tokens.Select(token => token.Value)];
        int at = Array.IndexOf(words, "--target-size");
        return
            at >= 0
            && words[(at + 1)..] is [var number, { Length: > 0 } unit, ..]
            && number.All(c => char.IsAsciiDigit(c) || c == '.')
            && SizeTarget.Parse(number + unit) is not null
            ? $"--target-size: expected one word, such as {number}{unit}, got {number} {unit}"
            : null;
    }

    /// <summary>The program's own name, whatever process hosts it.</summary>
    static string NameOf(Command command) => command is RootCommand ? "pqf" : command.Name;
}
