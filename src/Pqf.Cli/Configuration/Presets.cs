using System.Collections.Immutable;

namespace Pqf.Cli.Configuration;

/// <summary>A configuration within the program: a file of config/.</summary>
/// <param name="Command">The commands that it is for: <c>compress</c>, <c>train</c> or <c>evaluate</c>.</param>
/// <param name="Name">As <c>--preset</c> takes it: <c>resnet50-large</c>.</param>
/// <param name="Text">YAML.</param>
sealed record Preset(string Command, string Name, string Text)
{
    /// <summary>The file's name in config/: <c>compress_resnet50_large.yaml</c>.</summary>
    public string File => $"{Command}_{Name.Replace('-', '_')}.yaml";

    /// <summary>What it is for, on one line.</summary>
    public string Description => Text.Split('\n')[0].TrimStart('#', ' ').TrimEnd('\r');
}

/// <summary>The configurations within the program.</summary>
static class Presets
{
    const string Prefix = "Pqf.Cli.Config.";

    /// <summary>All of them, by command and name.</summary>
    public static ImmutableArray<Preset> All() =>
        [
            .. typeof(Presets)
                .Assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.Contains('_', StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(Of),
        ];

    /// <summary>The text of a file of config/.</summary>
    /// <param name="file">Its name.</param>
    public static string Text(string file)
    {
        using var reader = new StreamReader(typeof(Presets).Assembly.GetManifestResourceStream(Prefix + file)!); // part of the build
        return reader.ReadToEnd();
    }

    static Preset Of(string resource)
    {
        string file = resource[Prefix.Length..];
        string[] parts = file[..^".yaml".Length].Split('_', 2);
        return new(parts[0], parts[1].Replace('_', '-'), Text(file));
    }
}
