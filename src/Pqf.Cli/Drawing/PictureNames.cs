using System.Collections.Immutable;

namespace Pqf.Cli.Drawing;

/// <summary>Names of the pictures that are drawn of photographs.</summary>
static class PictureNames
{
    /// <summary>A name for each photograph: its own, without what ends it. Where several have the same, the first keeps it, and numbers
    /// from 2 follow those of the others. No two names differ in case alone: some file systems hold them for the same.</summary>
    public static ImmutableArray<string> Of(IReadOnlyList<string> photographs)
    {
        string[] stems = [.. photographs.Select(path => Path.GetFileNameWithoutExtension(path))];
        var taken = new HashSet<string>(stems, StringComparer.OrdinalIgnoreCase);
        var next = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        return [.. stems.Select(stem => NameOf(stem, taken, next))];
    }

    static string NameOf(string stem, HashSet<string> taken, Dictionary<string, int> next)
    {
        if (next.TryAdd(stem, 2))
            return stem;
        string name;
        do name = $"{stem}-{next[stem]++}";
        while (!taken.Add(name));
        return name;
    }
}
