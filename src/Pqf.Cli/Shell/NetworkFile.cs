using System.CommandLine;
using System.CommandLine.Parsing;
using Pqf.Cli.Configuration;
using Pqf.Compression.Model;

namespace Pqf.Cli.Shell;

/// <summary>The one network that a command takes: its first argument, or the value of <c>--weights</c>.</summary>
sealed class NetworkFile
{
    /// <summary>Makes the argument and the option.</summary>
    /// <param name="name">Of the argument.</param>
    /// <param name="description">Of both.</param>
    /// <param name="fallback">What is taken where neither is given; null where one of them is needed.</param>
    public NetworkFile(string name, string description, string? fallback = null)
    {
        Word = new(name) { Description = description, Arity = ArgumentArity.ZeroOrOne };
        Weights = new("--weights")
        {
            Description = "The network, instead of the argument" + (fallback is null ? "" : $" [default: {fallback}]"),
            HelpName = "FILE",
        };
        IsNeeded = fallback is null;
    }

    /// <summary>The argument.</summary>
    public Argument<string?> Word { get; }

    /// <summary>The option.</summary>
    public Option<string?> Weights { get; }

    bool IsNeeded { get; }

    /// <summary>The command, which refuses a network that is missing or given twice. Its other arguments come after the network.</summary>
    public Command CheckedIn(Command command)
    {
        command.Validators.Add(result =>
        {
            var others = command.Arguments.Where(argument => argument != Word).ToArray();
            bool isOption = result.GetResult(Weights) is { Implicit: false },
                takesMany = others.Any(argument => argument.Arity.MaximumNumberOfValues > 1); // where words too many do not show
            int own = isOption ? 0 : 1,
                words = command.Arguments.Sum(argument => result.GetResult(argument)?.Tokens.Count ?? 0),
                fewest = others.Length + (IsNeeded ? own : 0);
            long most = own + others.Sum(argument => (long)argument.Arity.MaximumNumberOfValues);
            if (words < fewest)
                result.AddError(Message(words == 0 && !isOption ? Word.Name : others[0].Name, "expected a value, got none"));
            else if (isOption && (words > most || (takesMany && IsNetwork(result.GetResult(Word)))))
                result.AddError(Message(Weights.Name, "expected one file, here or as the argument, got both"));
        });
        return command;
    }

    /// <summary>Whether the first word is a network's file: commands that take many words take photographs.</summary>
    static bool IsNetwork(ArgumentResult? word) => word?.Tokens is [var first, ..] && ModelFormats.Of(first.Value) is not null;

    /// <summary>The network's file; null where it is omitted.</summary>
    public string? Of(ParseResult parsed) => parsed.GetValue(Weights) ?? parsed.GetValue(Word);

    /// <summary>The network's file, which a checked command has.</summary>
    public string Required(ParseResult parsed) => Of(parsed)!;

    /// <summary>The words of another argument: where the option names the network, the first word is one of them.</summary>
    public string[] Others(ParseResult parsed, Argument other)
    {
        string[] words = WordsOf(parsed, other);
        return parsed.GetValue(Weights) is null ? words : [.. WordsOf(parsed, Word), .. words];
    }

    static string[] WordsOf(ParseResult parsed, Argument argument) =>
        [.. parsed.GetResult(argument)?.Tokens.Select(token => token.Value) ?? []];

    static string Message(string name, string problem) => $"{ConfigLoader.CommandLine}: {name}: {problem}";
}
