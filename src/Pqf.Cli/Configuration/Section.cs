using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Cli.Configuration;

/// <summary>What reading a configuration finds out beside its values.</summary>
sealed class ConfigFindings
{
    /// <summary>Everything wrong so far.</summary>
    public List<PqfError> Errors { get; } = [];

    /// <summary>The errors of values that are wrong by themselves, whatever other keys hold.</summary>
    public List<PqfError> WrongValues { get; } = [];

    /// <summary>Every key path asked for: all there are, with <c>&lt;layer&gt;</c> where a layer's name goes.</summary>
    public List<string> KnownKeys { get; } = [];

    /// <summary>Keys that have a value where the configuration gives none, those of mappings aside.</summary>
    public List<string> KeysWithDefaults { get; } = [];

    /// <summary>Keys whose values are words, and the words.</summary>
    public List<(string Key, ImmutableArray<string> Words)> Choices { get; } = [];

    /// <summary>Every key that groups others.</summary>
    public List<string> Groups { get; } = [];

    /// <summary>Keys that were there and not asked for.</summary>
    public List<(string Path, ConfigNode Node)> UnknownKeys { get; } = [];
}

/// <summary>One mapping of a configuration while it is read: gives values by key and notes what is wrong.</summary>
/// <remarks>The keys asked for are the keys known; a key that nobody asked for is an error when the section is left.</remarks>
/// <param name="path">The mapping's own key path; empty at the top.</param>
/// <param name="pattern">The same with <c>&lt;layer&gt;</c> in place of layers' names.</param>
/// <param name="node">Null where the configuration has none: every value is then its default.</param>
/// <param name="findings">Collects.</param>
sealed class Section(string path, string pattern, ConfigNode.Mapping? node, ConfigFindings findings)
{
    readonly HashSet<string> asked = [];

    /// <summary>A value, or the default where it is missing, null or wrong.</summary>
    public T Read<T>(string key, T fallback, ValueParser<T> parse)
    {
        if (fallback is not null)
            findings.KeysWithDefaults.Add(Join(pattern, key));
        if (Find(key) is not { } value)
            return fallback;
        switch (parse(value))
        {
            case Result<T, Problem>.Ok ok:
                return ok.Value;
            case Result<T, Problem>.Error error:
                Report(value, key, error.Value.Text);
                return fallback;
            default:
                return fallback;
        }
    }

    /// <summary>A number, flag or choice; null where it is missing or wrong.</summary>
    public T? ReadOptional<T>(string key, ValueParser<T> parse)
        where T : struct => Read<T?>(key, null, value => parse(value).Map(parsed => (T?)parsed));

    /// <summary>One of some words, or the default where it is missing, null or wrong.</summary>
    public T Read<T>(string key, T fallback, Choice<T> choice)
    {
        Note(key, choice);
        return Read(key, fallback, choice.Parse);
    }

    /// <summary>One of some words; null where it is missing or wrong.</summary>
    public T? ReadOptional<T>(string key, Choice<T> choice)
        where T : struct
    {
        Note(key, choice);
        return ReadOptional(key, choice.Parse);
    }

    void Note<T>(string key, Choice<T> choice) => findings.Choices.Add((Join(pattern, key), choice.Words));

    /// <summary>A text; null where it is missing or wrong.</summary>
    public string? ReadText(string key) => Read<string?>(key, null, value => Values.Text(value).Map(text => (string?)text));

    /// <summary>A mapping of its own kind.</summary>
    /// <param name="key">The key.</param>
    /// <param name="read">Reads it.</param>
    /// <param name="expected">What a mapping looks like, for messages.</param>
    public T Child<T>(string key, Func<Section, T> read, string expected = "a mapping")
    {
        findings.Groups.Add(Join(pattern, key));
        var value = Find(key);
        if (value is not null and not ConfigNode.Mapping)
            Report(value, key, Values.Unexpected(expected, value).Text);
        return Enter(Join(path, key), Join(pattern, key), value as ConfigNode.Mapping, read);
    }

    /// <summary>A mapping from layers' names to mappings of one kind.</summary>
    public ImmutableDictionary<string, T> Layers<T>(string key, Func<Section, T> read)
    {
        var value = Find(key);
        if (value is not null and not ConfigNode.Mapping)
            Report(value, key, Values.Unexpected("a mapping from layers to settings", value).Text);
        findings.Groups.Add(Join(pattern, key));
        string layerPattern = Join(Join(pattern, key), "<layer>");
        if (value is not ConfigNode.Mapping mapping)
        {
            Enter(layerPattern, layerPattern, null, read);
            return ImmutableDictionary<string, T>.Empty;
        }

        return mapping.Entries.ToImmutableDictionary(
            entry => entry.Key,
            entry =>
            {
                string layerPath = Join(Join(path, key), entry.Key);
                if (entry.Value is not ConfigNode.Mapping and not ConfigNode.Scalar { IsNull: true })
                    Add(ErrorOf(entry.Value, layerPath, Values.Unexpected("a mapping", entry.Value).Text));
                return Enter(layerPath, layerPattern, entry.Value as ConfigNode.Mapping, read);
            }
        );
    }

    /// <summary>Notes that values are right one by one and wrong together.</summary>
    /// <param name="key">The key to name.</param>
    /// <param name="problem">What was expected, and what came.</param>
    public void Reject(string key, string problem)
    {
        if (node?.Entries.GetValueOrDefault(key) is { } value)
            findings.Errors.Add(ErrorOf(value, Join(path, key), problem));
    }

    /// <summary>Reads a mapping and then notes the keys of it that were not asked for.</summary>
    public static T Enter<T>(string path, string pattern, ConfigNode.Mapping? node, ConfigFindings findings, Func<Section, T> read)
    {
        var section = new Section(path, pattern, node, findings);
        var value = read(section);
        if (node is not null)
            findings.UnknownKeys.AddRange(
                node.Entries.Where(entry => !section.asked.Contains(entry.Key)).Select(entry => (Join(path, entry.Key), entry.Value))
            );
        return value;
    }

    T Enter<T>(string childPath, string childPattern, ConfigNode.Mapping? child, Func<Section, T> read) =>
        Enter(childPath, childPattern, child, findings, read);

    ConfigNode? Find(string key)
    {
        if (asked.Add(key))
            findings.KnownKeys.Add(Join(pattern, key));
        var value = node?.Entries.GetValueOrDefault(key);
        return value is ConfigNode.Scalar { IsNull: true } ? null : value;
    }

    void Report(ConfigNode value, string key, string problem) => Add(ErrorOf(value, Join(path, key), problem));

    void Add(PqfError.Config error)
    {
        findings.Errors.Add(error);
        findings.WrongValues.Add(error);
    }

    static PqfError.Config ErrorOf(ConfigNode value, string key, string problem) => new(value.Origin, key, problem);

    static string Join(string parent, string key) => parent.Length == 0 ? key : $"{parent}.{key}";
}
