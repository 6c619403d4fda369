using System.CommandLine;

namespace Pqf.Cli.Shell;

/// <summary>What all commands that train take: where a run's files go, and where it resumes.</summary>
sealed record TrainingArguments
{
    /// <summary>Folder of the run.</summary>
    public Option<string?> Output { get; } =
        new("--output") { Description = "Folder for networks, states and logs [default: output_path]", HelpName = "DIR" };

    /// <summary>Without a value, the latest state.</summary>
    public Option<string?> Resume { get; } =
        new("--resume")
        {
            Description = "Go on with the run in the output folder: from its latest state, or after EPOCHS epochs",
            HelpName = "EPOCHS",
            Arity = ArgumentArity.ZeroOrOne,
        };

    /// <summary>The epochs to resume after; empty for the latest state, null for a new run.</summary>
    public string? ResumeOf(ParseResult parsed) => parsed.GetResult(Resume) is null ? null : parsed.GetValue(Resume) ?? "";
}
