namespace Pqf.Nets.Weights;

/// <summary>The known name that somebody probably meant.</summary>
public static class NearestName
{
    // Names of layers and keys are far shorter; those of a hostile file may take megabytes, and comparing takes time by the product of both
    // lengths.
    const int MostCharacters = 256;

    /// <summary>The candidate of least edit distance (Levenshtein 1966); the first of several; null if there is no candidate.</summary>
    public static string? Of(string name, IEnumerable<string> candidates) => candidates.MinBy(candidate => Distance(name, candidate));

    /// <summary>Insertions, deletions and replacements that turn one text into the other; of long texts, their first 256
    /// characters.</summary>
    public static int Distance(string from, string to) =>
        Distance(from.AsSpan(0, Math.Min(from.Length, MostCharacters)), to.AsSpan(0, Math.Min(to.Length, MostCharacters)));

    static int Distance(ReadOnlySpan<char> from, ReadOnlySpan<char> to)
    {
        Span<int> row = stackalloc int[to.Length + 1];
        for (int j = 0; j < row.Length; j++)
            row[j] = j;
        for (int i = 0; i < from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < to.Length; j++)
            {
                int replaced = diagonal + (from[i] == to[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replaced, Math.Min(row[j], row[j + 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
