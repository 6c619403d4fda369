using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Help;
using Pqf.Cli.Commands;
using Pqf.Cli.Configuration;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Collectives;
using Pqf.Compression.Jobs;
using Pqf.Tensors;

namespace Pqf.Cli;

/// <summary>The program: arguments in, exit code out.</summary>
static class CommandLine
{
    /// <summary>Errors, and findings of one error, that are shown.</summary>
    const int MaxErrors = 50,
        MaxFindings = 20;

    /// <summary>Runs one command.</summary>
    public static ExitCode Run(IReadOnlyList<string> arguments, Terminal terminal)
    {
        var output = new ResultOutput(terminal, arguments.TakeWhile(argument => argument != "--").Contains(GlobalOptions.JsonName));
        var code = Guarded(arguments, terminal, output);
        output.Close(code);
        return code;
    }

    static ExitCode Guarded(IReadOnlyList<string> arguments, Terminal terminal, ResultOutput output)
    {
        try
        {
            return Dispatch(arguments, terminal, output);
        }
        catch (RanksMissingException missing)
        {
            output.Fail(missing.Message);
            return ExitCode.Failure;
        }
        catch (OperationCanceledException stop) when (stop is RanksStoppedException || terminal.Cancellation.IsCancellationRequested)
        {
            output.Fail(ResultOutput.Interrupted);
            return ExitCode.Interrupted;
        }
        catch (Exception error) // the one place: whatever arrives here was not expected
        {
            string frame = error.StackTrace?.Split('\n')[0].Trim() ?? "";
            output.Fail(OneLine($"this is a bug, please report it: {error.GetType().Name}: {error.Message} ({frame})"));
            return ExitCode.Bug;
        }
    }

    static ExitCode Dispatch(IReadOnlyList<string> arguments, Terminal terminal, ResultOutput output)
    {
        var options = new GlobalOptions();
        ImmutableArray<CommandEntry> commands = AllCommands.Create();
        var root = CreateRoot(options, commands, output, HelpText.WidthOf(terminal.OutColumns ?? HelpText.Width));
        var command = arguments
            .Select(argument => commands.FirstOrDefault(entry => entry.Syntax.Name == argument))
            .FirstOrDefault(entry => entry is not null);
        // Said before any of its options, which may be as unknown.
        if (UnknownCommand(arguments, commands) is { } unknown)
            return Fail(unknown, output);
        var names = NamesOf(root.Options.Concat(command?.Syntax.Options ?? []));
        var others = NamesOf(commands.SelectMany(entry => entry.Syntax.Options));
        return Arguments
            .Split(arguments, names, ConfigLoader.KnownKeys(), others)
            .Match(split => Parse(root, split, options, commands, terminal, output), error => Fail(error, output));
    }

    static ImmutableArray<string> NamesOf(IEnumerable<Option> options) =>
        [.. options.SelectMany(option => option.Aliases.Append(option.Name))];

    static ExitCode Parse(
        RootCommand root,
        Arguments split,
        GlobalOptions options,
        ImmutableArray<CommandEntry> commands,
        Terminal terminal,
        ResultOutput output
    )
    {
        if (split is { Rest: [], Overrides: [] })
            return Parse(root, split with { Rest = ["--help"] }, options, commands, terminal, output);
        if (AsOptions(split.Rest) is { } asked)
            return asked.Match(
                rest => Parse(root, split with { Rest = rest }, options, commands, terminal, output),
                error => Fail(error, output)
            );
        // Behind keys, which are split off.
        if (UnknownCommand(split.Rest, commands) is { } unknown)
            return Fail(unknown, output);
        if (split.Rest.IndexOf("") is >= 0 and var empty)
        {
            string option = empty > 0 && !IsWord(split.Rest[empty - 1]) ? $"{split.Rest[empty - 1]}: " : "";
            output.Fail($"command line: {option}expected a value, got an empty text");
            return ExitCode.Usage;
        }

        // An argument that begins with @ is a file's name here, not a file of arguments.
        var parsed = root.Parse(split.Rest, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            foreach (string line in parsed.Errors.Select(error => OneLine(UsageError.Of(error, parsed))).Distinct())
                output.Fail(line);
            terminal.WriteError($"See '{string.Join(' ', CommandPath(parsed))} --help'.");
            return ExitCode.Usage;
        }

        var entry = commands.FirstOrDefault(candidate => candidate.Syntax == parsed.CommandResult.Command);
        if (entry is null || parsed.Action != entry.Syntax.Action)
            return (ExitCode)
                parsed.Invoke(
                    new InvocationConfiguration
                    {
                        Output = terminal.Out,
                        Error = terminal.Error,
                        EnableDefaultExceptionHandler = false,
                    }
                );
        var overrides = split.Overrides.Concat(options.Overrides(parsed)).Concat(entry.Overrides(parsed));
        return ConfigSource
            .Of(entry, parsed, parsed.GetValue(options.Config))
            .Bind(source => ConfigLoader.Load(source.Path, overrides, source.Text))
            .Match(
                config =>
                {
                    using var progress = ProgressDisplay.For(terminal, parsed.GetValue(options.Quiet));
                    using var locks = new FolderLocks();
                    return entry
                        .Run(new RunContext(parsed, config, terminal, progress, locks, output) { Typed = split.Typed })
                        .Match(_ => ExitCode.Success, error => Fail(Common(error, entry, config, terminal), output));
                },
                error =>
                {
                    Fail(Common(error, entry, new Config(), terminal), output);
                    return ExitCode.Usage;
                }
            );
    }

    /// <summary>An error as the processes under MPI have it together, if they share the command's work.</summary>
    static PqfError Common(PqfError error, CommandEntry entry, Config config, Terminal terminal) =>
        entry.IsShared ? terminal.Ranks.Common(error, new(TimeSpan.FromMinutes(config.RankMinutes), terminal.Clock)) : error;

    /// <summary><c>pqf help</c>, <c>pqf help COMMAND</c> and <c>pqf version</c> as the options that they mean; null for all else.</summary>
    static Result<ImmutableArray<string>, PqfError>? AsOptions(ImmutableArray<string> arguments) =>
        arguments switch
        {
            ["help", .. var rest] when rest.Where(IsWord).Skip(1).FirstOrDefault() is { } extra => Extra(
                extra,
                "help takes the name of one command"
            ),
            ["help", .. var rest] => (ImmutableArray<string>)[.. rest, "--help"],
            ["version" or "--version", .. var rest] when rest.FirstOrDefault(IsWord) is { } extra => Extra(
                extra,
                "version takes no argument"
            ),
            ["version", .. var rest] => (ImmutableArray<string>)["--version", .. rest],
            _ => null,
        };

    static bool IsWord(string argument) => !argument.StartsWith('-');

    static PqfError.Config Extra(string word, string why) => new(ConfigLoader.CommandLine, word, $"unexpected; {why}");

    static RootCommand CreateRoot(GlobalOptions options, ImmutableArray<CommandEntry> commands, ResultOutput output, int width)
    {
        var root = new RootCommand(
            "Pqf makes convolutional networks smaller (ResNets 19 to 43 times, MobileNetV2 13 times) by permuting and product-quantising "
                + "their weights, and reports the accuracy you keep."
        );
        foreach (var option in options.All)
            root.Options.Add(option);
        foreach (var entry in commands)
        {
            if (entry.PresetsOf is not null)
            {
                entry.Preset.CompletionSources.Add([.. entry.OwnPresets.Select(preset => preset.Name)]);
                entry.Syntax.Options.Add(entry.Preset);
            }

            entry.Syntax.SetAction(_ => 0); // replaced by CommandEntry.Run; there so that the parser knows the command can run
            root.Subcommands.Add(entry.Syntax);
        }

        var sections = commands.ToDictionary(entry => entry.Syntax, entry => HelpText.Examples(entry, width));
        sections[root] = HelpText.Root(width);
        var helpOption = root.Options.OfType<HelpOption>().Single();
        var help = (HelpAction)helpOption.Action!;
        help.MaxWidth = width;
        helpOption.Action = new HelpWithExamples(help, sections);
        // The parser's own option refuses all others beside it.
        var version = root.Options.OfType<VersionOption>().Single();
        root.Options[root.Options.IndexOf(version)] = new Option<bool>(version.Name)
        {
            Description = "Show the version, the commit it was built from, and the runtime",
            Action = new PrintVersion(output),
        };
        return root;
    }

    static IEnumerable<string> CommandPath(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand ? ["pqf"] : ["pqf", parsed.CommandResult.Command.Name];

    /// <summary>The error of a command line whose first word is not a command; null where it is one, or an option.</summary>
    static PqfError.Config? UnknownCommand(IReadOnlyList<string> arguments, ImmutableArray<CommandEntry> commands)
    {
        ImmutableArray<string> known = [.. commands.Select(entry => entry.Syntax.Name)];
        return arguments is [{ Length: > 0 } first, ..] && IsWord(first) && first is not ("help" or "version") && !known.Contains(first)
            ? UnknownCommand(first, known)
            : null;
    }

    /// <summary>The error of a word that is not a command, with the nearest that is.</summary>
    public static PqfError.Config UnknownCommand(string word, ImmutableArray<string> known) =>
        new(
            ConfigLoader.CommandLine,
            word,
            Suggestion.Near(word, known) is { } near
                ? $"unknown command; the nearest known one is {near}"
                : $"unknown command; expected one of {string.Join(", ", known)}"
        );

    static ExitCode Fail(PqfError error, ResultOutput output)
    {
        var errors = Flatten(error).ToImmutableArray();
        foreach (string line in errors.Take(MaxErrors).SelectMany(MessagesOf))
            output.Fail(line);
        if (errors.Length > MaxErrors)
            output.Fail($"… and {errors.Length - MaxErrors} more");
        return errors.Any(one => one is PqfError.Config) ? ExitCode.Usage : ExitCode.Failure;
    }

    /// <summary>An error for a person: one line; a list of findings, such as tensors that do not fit, has one more for each.</summary>
    public static IEnumerable<string> ErrorLines(PqfError error) => MessagesOf(error).Select((line, i) => i == 0 ? $"error: {line}" : line);

    /// <summary>An error's message, then its findings, behind two spaces.</summary>
    static IEnumerable<string> MessagesOf(PqfError error)
    {
        string[] lines = [.. error.Lines];
        return
        [
            lines[0],
            .. lines.Skip(1).Take(MaxFindings).Select(line => $"  {line}"),
            .. lines.Length > MaxFindings + 1 ? [$"  … and {lines.Length - 1 - MaxFindings} more"] : (string[])[],
        ];
    }

    static IEnumerable<PqfError> Flatten(PqfError error) =>
        error switch
        {
            PqfError.Several several => several.Errors.SelectMany(Flatten),
            PqfError.OfRanks ranks => ranks.Own is { } own ? Flatten(own) : [],
            _ => [error],
        };

    static string OneLine(string text) =>
        Printable.Line(string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)));
}
