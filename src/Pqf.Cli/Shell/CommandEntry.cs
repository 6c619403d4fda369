using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>One command: how it is written, what <c>--help</c> shows below the options, and what it does.</summary>
/// <param name="Syntax">Name, arguments and options.</param>
/// <param name="Examples">Whole command lines.</param>
/// <param name="Run">Does it.</param>
sealed record CommandEntry(Command Syntax, ImmutableArray<string> Examples, Func<RunContext, Result<Unit, PqfError>> Run)
{
    /// <summary>Options that are another way to write a key of the configuration.</summary>
    public ImmutableArray<(string Key, Option<string?> Option)> Keys { get; init; } = [];

    /// <summary>Whether several processes under MPI share the command's work.</summary>
    public bool IsShared { get; init; }

    /// <summary>Options without a value that set a key to true.</summary>
    public ImmutableArray<(string Key, Option<bool> Option)> Flags { get; init; } = [];

    /// <summary>Leaves out images that cannot be decoded.</summary>
    public static (string Key, Option<bool> Option) SkipCorrupt() =>
        ("dataloader.skip_corrupt", new("--skip-corrupt") { Description = "Leave out images that cannot be decoded, and name them" });

    /// <summary>The folder of images, and what they are for; null where the folder says it.</summary>
    public (Option<string?> Option, NetworkTask? Task)? Data { get; init; }

    /// <summary>What a command that trains takes; null for others.</summary>
    public TrainingArguments? Training { get; init; }

    /// <summary>The short name of the keys of data.</summary>
    public static Option<string?> DataOption() =>
        new("--data")
        {
            Description =
                "Folder of images: a folder for each class, IDX files, or COCO annotations; short "
                + "for the dataloader.*_path key that fits",
            HelpName = "DIR",
        };

    /// <summary>The commands whose presets this one takes: <c>compress</c>, <c>train</c>, <c>evaluate</c>; null for none.</summary>
    public string? PresetsOf { get; init; }

    /// <summary>Tables of docs/configuration.md with the keys that the command takes.</summary>
    public ImmutableArray<string> Settings { get; init; } = [StartingFile.Network, StartingFile.Run];

    /// <summary>A configuration within the program.</summary>
    public Option<string?> Preset { get; } =
        new("--preset") { Description = "A configuration within the program; pqf config --list names them", HelpName = "NAME" };

    /// <summary>Those that the command takes.</summary>
    public IEnumerable<Preset> OwnPresets => Presets.All().Where(preset => preset.Command == PresetsOf);

    /// <summary>The preset of a name.</summary>
    /// <returns>An error that names those that there are.</returns>
    public Result<Preset, PqfError> FindPreset(string name)
    {
        var own = OwnPresets.ToImmutableArray();
        return own.FirstOrDefault(preset => preset.Name == name) is { } found
            ? found
            : new PqfError.Config(
                ConfigLoader.CommandLine,
                "--preset",
                own.IsEmpty
                    ? $"{Syntax.Name} has no presets; pqf config --list names those of other commands"
                    : $"expected one of {string.Join(", ", own.Select(preset => preset.Name))}, got {Printable.Name(name)}"
                        + (Meant(name, own) is { } meant ? $"; the nearest is {meant}" : "")
            );
    }

    /// <summary>The preset that is meant by the name of a file of config/, which pqf config --list shows too, or by a misspelt one; null
    /// where none is near.</summary>
    static string? Meant(string name, ImmutableArray<Preset> own)
    {
        string file = Path.GetFileNameWithoutExtension(name).Replace('-', '_'),
            word = Presets.All().FirstOrDefault(preset => Path.GetFileNameWithoutExtension(preset.File) == file)?.Name ?? file;
        return Suggestion.Near(word.Replace('_', '-'), own.Select(preset => preset.Name));
    }

    /// <summary>The text of the configuration that stands in for a file where none is named; null for defaults.</summary>
    public string? Defaults { get; init; }

    /// <summary>What those options set.</summary>
    public IEnumerable<ConfigOverride> Overrides(ParseResult parsed) =>
        [
            .. Training?.FolderOf(parsed) is { } run ? [new ConfigOverride(["output_path"], run)] : Array.Empty<ConfigOverride>(),
            .. Data is var (data, task) && parsed.GetValue(data) is { } folder ? DataFolder.Overrides(folder, task) : [],
            .. Keys.Where(pair => parsed.GetValue(pair.Option) is not null)
                .Select(pair => new ConfigOverride(Arguments.PathOf(pair.Key), parsed.GetValue(pair.Option)!)),
            .. Flags
                .Where(flag => parsed.GetValue(flag.Option))
                .Select(flag => new ConfigOverride(Arguments.PathOf(flag.Key), bool.TrueString.ToLowerInvariant())),
        ];
}
