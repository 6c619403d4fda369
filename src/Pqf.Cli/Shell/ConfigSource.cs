using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Compression.Jobs;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Where a command's settings come from, before its options.</summary>
/// <param name="Path">A file; null for none.</param>
/// <param name="Text">A preset, or the command's own settings, where there is no file; null for the defaults.</param>
readonly record struct ConfigSource(string? Path, string? Text)
{
    /// <summary>Finds the source.</summary>
    /// <param name="entry">The command.</param>
    /// <param name="parsed">Its arguments.</param>
    /// <param name="file">Of <c>--config</c>; null when omitted.</param>
    public static Result<ConfigSource, PqfError> Of(CommandEntry entry, ParseResult parsed, string? file) =>
        (entry.Training?.Check(parsed) ?? default(Unit)).Bind(_ => Find(entry, parsed, file));

    static Result<ConfigSource, PqfError> Find(CommandEntry entry, ParseResult parsed, string? file) =>
        (file, entry.PresetsOf is null ? null : parsed.GetValue(entry.Preset)) switch
        {
            ({ }, { }) => new PqfError.Config(ConfigLoader.CommandLine, "--preset", "expected --config or --preset, got both"),
            (null, null) when entry.Training?.RunOf(parsed) is { } run && File.Exists(new TrainingFolder(run).ConfigFile) =>
                new ConfigSource(new TrainingFolder(run).ConfigFile, null),
            (null, null) when entry.Training?.FolderOf(parsed) is { } run => new PqfError.Config(
                ConfigLoader.CommandLine,
                "--resume",
                $"{run} holds no config.yaml; expected the settings of the run there, or in --config FILE"
            ),
            (null, { } preset) => entry.FindPreset(preset).Map(found => new ConfigSource(null, found.Text)),
            _ => new ConfigSource(file, entry.Defaults),
        };
}
