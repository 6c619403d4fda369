using System.CommandLine;
using System.Globalization;

namespace Pqf.Cli.Shell;

/// <summary>What all commands that train take: where a run's files go, and where it resumes.</summary>
sealed record TrainingArguments
{
    /// <summary>Folder of the run.</summary>
    public Option<string?> Output { get; } =
        new("--output")
        {
            Description = "Folder for networks, states and logs [default: output_path, or runs/TRAIN-NAME]",
            HelpName = "DIR",
        };

    /// <summary>Without a value, the latest state.</summary>
    public Option<string?> Resume { get; } =
        new("--resume")
        {
            Description =
                "Continue the run in DIR, with its own settings, or the one in the output folder: from its latest state, or after EPOCHS "
                + "epochs",
            HelpName = "DIR|EPOCHS",
            Arity = ArgumentArity.ZeroOrOne,
        };

    /// <summary>The epochs to resume after; empty for the latest state, null for a new run.</summary>
    public string? ResumeOf(ParseResult parsed) =>
        parsed.GetResult(Resume) is null ? null
        : FolderOf(parsed) is not null ? ""
        : parsed.GetValue(Resume) ?? "";

    /// <summary>The folder that is resumed; null where none is named.</summary>
    public string? FolderOf(ParseResult parsed) =>
        parsed.GetValue(Resume) is { } value && !int.TryParse(value, CultureInfo.InvariantCulture, out _) && Directory.Exists(value)
            ? value
            : null;
}
