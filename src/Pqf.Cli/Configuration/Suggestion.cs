using System.Collections.Immutable;
using Pqf.Nets.Weights;

namespace Pqf.Cli.Configuration;

/// <summary>What a person may have meant by a word that is not known.</summary>
static class Suggestion
{
    // What other programs call a key whose name here has nothing in common with it.
    static readonly ImmutableDictionary<string, string> otherNames = ImmutableDictionary.CreateRange(
        StringComparer.Ordinal,
        new KeyValuePair<string, string>[]
        {
            new("lr", "learning_rate"),
            new("wd", "weight_decay"),
            new("bs", "dataloader.batch_size"),
            new("workers", "dataloader.num_workers"),
        }
    );

    // What a command calls an option that others have under another name.
    static readonly ImmutableDictionary<string, string> otherOptions = ImmutableDictionary.CreateRange(
        StringComparer.Ordinal,
        new KeyValuePair<string, string>[] { new("--data", "--calibrate") }
    );

    /// <summary>The option or key nearest to an unknown option; - and _ count as one letter. The command's own options come first. An
    /// option of another command is spelt as it was meant: it is near to no key.</summary>
    /// <param name="name">As typed, with its dashes.</param>
    /// <param name="options">Known options, with their dashes.</param>
    /// <param name="keys">Known keys.</param>
    /// <param name="others">Options of other commands, with their dashes.</param>
    /// <returns>With its dashes; null where nothing is near.</returns>
    public static string? ForOption(string name, IEnumerable<string> options, ImmutableArray<string> keys, IEnumerable<string> others)
    {
        string word = Plain(name);
        var own = options.Where(option => option.Length > 2).ToImmutableArray();
        if (otherOptions.TryGetValue(name, out string? same) && own.Contains(same))
            return same;
        if (Near(word, own.Select(Plain)) is { } option)
            return own.First(one => Plain(one) == option);
        if (others.Contains(name))
            return null;
        if (keys.Where(key => Last(key) == word).MinBy(key => key.Length) is { } key)
            return "--" + key;
        if (otherNames.TryGetValue(word, out string? other) && keys.Contains(other))
            return "--" + other;
        return Near(word, keys) is { } near ? "--" + near
            : Near(word, keys.Select(Last)) is { } last ? "--" + keys.Where(key => Last(key) == last).MinBy(key => key.Length)
            : null;
    }

    /// <summary>The known key nearest to a wrong one: by its last word first, wherever it belongs, then by the whole path.</summary>
    /// <returns>Null where nothing is near.</returns>
    public static string? ForKey(string path, IEnumerable<string> keys)
    {
        string word = Last(path);
        return
            keys.MinBy(key => (2 * NearestName.Distance(word, Last(key))) + NearestName.Distance(path, key)) is { } nearest
            && (IsNear(word, Last(nearest)) || IsNear(path, nearest))
            ? nearest
            : null;
    }

    /// <summary>The candidate nearest to a word; null where nothing is near.</summary>
    public static string? Near(string word, IEnumerable<string> candidates) =>
        NearestName.Of(word, candidates) is { } nearest && IsNear(word, nearest) ? nearest : null;

    /// <summary>Whether a third of a word's letters at most are wrong: one of the shortest.</summary>
    static bool IsNear(string word, string known)
    {
        int letters = Math.Min(word.TrimStart('-').Length, known.TrimStart('-').Length);
        return NearestName.Distance(word, known) <= Math.Max(letters > 2 ? 1 : 0, letters / 3);
    }

    /// <summary>An option as a key is written: without its dashes, words joined by _.</summary>
    static string Plain(string option) => option.TrimStart('-').Replace('-', '_');

    static string Last(string path) => path[(path.LastIndexOf('.') + 1)..];
}
