using System.Collections.Immutable;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Configuration;

/// <summary>A key set on the command line.</summary>
/// <param name="Path">Key components: <c>model</c>, <c>compression_parameters</c>, <c>layer_specs</c>, <c>layer4.1.conv2</c>,
/// <c>k</c>.</param>
/// <param name="Text">As written; lists in YAML's brackets, or with commas.</param>
sealed record ConfigOverride(ImmutableArray<string> Path, string Text);

/// <summary>Loads configurations: a file, then what the command line sets over it.</summary>
static class ConfigLoader
{
    // To find the nearest known key takes a while for each.
    const int ShownUnknownKeys = 100;

    /// <summary>How the origin of an override is called in messages.</summary>
    public const string CommandLine = "command line";

    /// <summary>How the origin of a preset's settings is called in messages.</summary>
    public const string Defaults = "defaults";

    /// <summary>Every key there is, with <c>&lt;layer&gt;</c> where a layer's name goes.</summary>
    public static ImmutableArray<string> KnownKeys() => [.. Known().KnownKeys];

    /// <summary>Every key that takes a value: those that group others are not among them.</summary>
    public static ImmutableArray<string> KeysOfValues()
    {
        var known = Known();
        return [.. known.KnownKeys.Except(known.Groups)];
    }

    /// <summary>Keys whose values are words, and the words.</summary>
    public static ImmutableArray<(string Key, ImmutableArray<string> Words)> Choices() => [.. Known().Choices];

    /// <summary>Keys that have a value where the configuration gives none.</summary>
    public static ImmutableHashSet<string> KeysWithDefaults() => [.. Known().KeysWithDefaults];

    static ConfigFindings Known()
    {
        var findings = new ConfigFindings();
        Section.Enter("", "", null, findings, ConfigDecoder.Read);
        return findings;
    }

    /// <summary>Reads a configuration and checks it whole; every problem is reported at once.</summary>
    /// <param name="file">The YAML file; null for defaults.</param>
    /// <param name="overrides">Applied in order; later ones win.</param>
    /// <param name="defaults">YAML that stands in for the file where there is none.</param>
    public static Result<Config, PqfError> Load(string? file, IEnumerable<ConfigOverride> overrides, string? defaults = null)
    {
        var source = file is null ? YamlText.Parse(defaults ?? "", Defaults) : ReadFile(file);
        return source.Bind(node =>
            node is ConfigNode.Mapping mapping
                ? Overlay(mapping, overrides).Bind(whole => Decode(whole, WrongValues(mapping)))
                : new PqfError.File(node.Origin, Values.Unexpected("a mapping of keys", node).Text)
        );
    }

    static Result<ConfigNode, PqfError> ReadFile(string file)
    {
        try
        {
            byte[] bytes = InputFile.ReadText(file);
            if (bytes.Length == 0)
                return new PqfError.File(file, "is empty; expected keys and values, or no --config for the defaults");
            using var reader = new StreamReader(new MemoryStream(bytes)); // sees byte order marks
            return YamlText.Parse(reader.ReadToEnd(), file);
        }
        catch (Exception error) when (IoProblem.IsExpected(error))
        {
            return new PqfError.File(
                file,
                error is FileNotFoundException or DirectoryNotFoundException ? "no such file" : IoProblem.Describe(error)
            );
        }
    }

    static Result<ConfigNode.Mapping, PqfError> Overlay(ConfigNode.Mapping mapping, IEnumerable<ConfigOverride> overrides)
    {
        foreach (var (path, text) in overrides)
        {
            switch (ParseValue(text))
            {
                case Result<ConfigNode, PqfError>.Ok(var value):
                    mapping = mapping.With(path.AsSpan(), value);
                    break;
                case Result<ConfigNode, PqfError>.Error(var error):
                    return new PqfError.Config(CommandLine, string.Join('.', path), error.Message);
            }
        }

        return mapping;
    }

    // Only brackets make YAML of an argument: a path may hold colons and hashes.
    static Result<ConfigNode, PqfError> ParseValue(string text) =>
        text.StartsWith('[') || text.StartsWith('{') ? YamlText.Parse(text, CommandLine) : new ConfigNode.Scalar(CommandLine, text, true);

    /// <summary>What is wrong with the values of a file. The command line does not mend it: a value that it sets replaces one of the same
    /// key, or a list where a mapping belongs, which nobody would see otherwise.</summary>
    static List<PqfError> WrongValues(ConfigNode.Mapping file)
    {
        var findings = new ConfigFindings();
        Section.Enter("", "", file, findings, ConfigDecoder.Read);
        return findings.WrongValues;
    }

    static Result<Config, PqfError> Decode(ConfigNode.Mapping mapping, List<PqfError> ofFile)
    {
        var findings = new ConfigFindings();
        var config = Section.Enter("", "", mapping, findings, ConfigDecoder.Read) with { Source = mapping };
        int unknownCount = findings.UnknownKeys.Count;
        ImmutableArray<PqfError> errors =
        [
            .. ofFile.Concat(findings.Errors).DistinctBy(error => error.Message),
            .. findings.UnknownKeys.Take(ShownUnknownKeys).Select(unknown => Unknown(unknown.Path, unknown.Node, findings.KnownKeys)),
            .. unknownCount > ShownUnknownKeys
                ? [new PqfError.File(mapping.Origin, $"{unknownCount - ShownUnknownKeys} more unknown keys")]
                : (PqfError[])[],
        ];
        return errors switch
        {
            [] => config,
            [var one] => one,
            _ => new PqfError.Several(errors),
        };
    }

    static PqfError.Config Unknown(string path, ConfigNode node, IEnumerable<string> known) =>
        new(
            node.Origin,
            path,
            Suggestion.ForKey(path, known) is { } near ? $"unknown key; the nearest known one is {near}" : "unknown key"
        );
}
