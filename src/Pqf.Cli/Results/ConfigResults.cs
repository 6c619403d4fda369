using Pqf.Cli.Shell;

namespace Pqf.Cli.Results;

/// <summary>A configuration file to begin with.</summary>
/// <param name="Command">The command that it is for.</param>
/// <param name="Yaml">The file's text.</param>
sealed record ConfigFileResult(string Command, string Yaml) : CommandResult, IProgramText
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() => Yaml.TrimEnd().ReplaceLineEndings("\n").Split('\n');
}

/// <summary>The configurations within the program.</summary>
/// <param name="Presets">By command and name.</param>
sealed record PresetsResult(IReadOnlyList<PresetResult> Presets) : CommandResult
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        Presets
            .SelectMany(preset => preset.Lines())
            .Append("")
            .Append("Each preset is the file of that name in the project's folder config.");
}

/// <summary>A configuration within the program.</summary>
/// <param name="Command">The commands that take it: compress, train or evaluate, those of one kind of network included.</param>
/// <param name="Name">As <c>--preset</c> takes it.</param>
/// <param name="File">Its file in the project's folder config.</param>
/// <param name="Description">What it is for.</param>
sealed record PresetResult(string Command, string Name, string File, string Description)
{
    internal IEnumerable<string> Lines() =>
        [$"pqf {Command} --preset {Name}  ({File})", .. TextLines.Wrapped(Description, HelpText.Width - 4).Select(line => $"    {line}")];
}

/// <summary>A completion script.</summary>
/// <param name="Shell">The shell that it is for.</param>
/// <param name="Script">Its text.</param>
sealed record CompletionResult(string Shell, string Script) : CommandResult, IProgramText
{
    /// <inheritdoc/>
    public override IEnumerable<string> Lines() => Script.TrimEnd().ReplaceLineEndings("\n").Split('\n');
}
