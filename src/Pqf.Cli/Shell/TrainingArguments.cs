using System.CommandLine;
using System.Globalization;
using Pqf.Cli.Configuration;
using Pqf.Compression.Jobs;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

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
                "Resume the run in DIR or in the output folder, with the run's own settings, from its latest state or after EPOCHS epochs",
            HelpName = "DIR|EPOCHS",
            Arity = ArgumentArity.ZeroOrOne,
        };

    /// <summary>What to resume from: a number of epochs, a file of a state, or empty for the latest state; null for a new run.</summary>
    public string? ResumeOf(ParseResult parsed) =>
        parsed.GetResult(Resume) is null ? null
        : parsed.GetValue(Resume) is { } value && !Directory.Exists(value) ? value
        : "";

    /// <summary>The folder that <c>--resume</c> names, itself or by a state in it; null where it names none.</summary>
    public string? FolderOf(ParseResult parsed) =>
        parsed.GetValue(Resume) is not { } value || IsCount(value) ? null
        : Directory.Exists(value) ? value
        : parsed.GetValue(Output) is null && TrainingFolder.OfState(value) is { } run ? run.Path
        : null;

    /// <summary>The folder of the run that resumes, named by <c>--resume</c> or by <c>--output</c>; null for a new run, and where neither
    /// names a folder.</summary>
    public string? RunOf(ParseResult parsed) => parsed.GetResult(Resume) is null ? null : FolderOf(parsed) ?? parsed.GetValue(Output);

    /// <summary>Refuses a value of <c>--resume</c> that is not a run, before settings are read.</summary>
    public Result<Unit, PqfError> Check(ParseResult parsed)
    {
        var (resume, output) = (parsed.GetValue(Resume), parsed.GetValue(Output));
        if (resume is null)
            return default(Unit);
        if (IsCount(resume))
            return output is null ? default(Unit) : CheckFolder(output);
        if (Directory.Exists(resume))
            return CheckFolder(resume)
                .Bind(_ =>
                    output is not null && !RealPath.AreSame(output, resume)
                        ? Refused($"expected one folder, here or in --output, got {resume} and {output}")
                        : (Result<Unit, PqfError>)default(Unit)
                );
        return !File.Exists(resume) && TrainingFolder.OfState(resume) is { HoldsRun: true } owner
                ? owner.FindState(resume, null).Map(_ => default(Unit))
            : !File.Exists(resume)
                ? Refused($"no folder or state {resume}; expected the folder of a run, or a number of epochs with --output DIR")
            : TrainingFolder.OfState(resume) is { } run && output is not null && !RealPath.AreSame(output, run.Path)
                ? Refused($"{resume} belongs to the run in {run.Path}; expected that folder in --output, or none, got {output}")
            : TrainingFolder.IsState(resume) ? default(Unit)
            : Refused($"{resume} is a file, but not a state of a run; expected the folder of a run, or a .state file in its folder states");
    }

    static Result<Unit, PqfError> CheckFolder(string folder) =>
        new TrainingFolder(folder).HoldsRun
            ? default(Unit)
            : Refused($"{folder} {Found(folder)}; expected the folder of a run, which holds config.yaml and states");

    static string Found(string folder) =>
        !Directory.Exists(folder) ? "does not exist"
        : Directory.EnumerateFileSystemEntries(folder).Any() ? "holds no run"
        : "is empty";

    static bool IsCount(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    static PqfError.Config Refused(string problem) => new(ConfigLoader.CommandLine, "--resume", problem);
}
