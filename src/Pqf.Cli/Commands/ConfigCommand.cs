using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Tensors;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf config</c>.</summary>
static class ConfigCommand
{
    /// <summary>The command.</summary>
    /// <param name="others">The commands whose settings can be printed.</param>
    public static CommandEntry Create(ImmutableArray<CommandEntry> others)
    {
        var command = new Argument<string?>("command")
        {
            Description = "The command whose settings are printed",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "command", // in place of all words that complete it
        };
        command.CompletionSources.Add([.. others.Select(entry => entry.Syntax.Name)]);
        var list = new Option<bool>("--list") { Description = "List the presets" };
        var preset = new Option<string?>("--preset") { Description = "Print this preset of the command", HelpName = "NAME" };
        return new(
            new Command("config", "Print a configuration file to begin with, every key with its meaning and default; or list the presets.")
            {
                command,
                list,
                preset,
            },
            ["pqf config train > mine.yaml", "pqf config --list", "pqf config compress --preset resnet50-large"],
            run =>
                run.Parsed.GetValue(list) ? List(run)
                : run.Parsed.GetValue(command) is not { } name
                    ? new PqfError.Config(
                        ConfigLoader.CommandLine,
                        "command",
                        "expected the command whose settings to print, as in pqf config compress, or --list for the presets; got none"
                    )
                : others.FirstOrDefault(entry => entry.Syntax.Name == name) is { } entry ? Print(run, entry, run.Parsed.GetValue(preset))
                : CommandLine.UnknownCommand(name, [.. others.Select(entry => entry.Syntax.Name)])
        );
    }

    static Result<Unit, PqfError> List(RunContext run) =>
        run.Conclude(
            new PresetsResult([
                .. Presets.All().Select(preset => new PresetResult(preset.Command, preset.Name, preset.File, preset.Description)),
            ])
        );

    static Result<Unit, PqfError> Print(RunContext run, CommandEntry entry, string? preset)
    {
        string name = entry.Syntax.Name;
        if (preset is not null)
            return entry.FindPreset(preset).Map(found => run.Conclude(new ConfigFileResult(name, found.Text)));
        return run.Conclude(
            new ConfigFileResult(name, entry.Defaults ?? string.Join('\n', StartingFile.Lines(name, entry.Settings)) + "\n")
        );
    }
}
