namespace Pqf.Nets.Weights;

/// <summary>The known name that somebody probably meant.</summary>
public static class NearestName
{
    // Names of layers and keys are far shorter; those of a hostile file may take megabytes, and comparing takes time by the product of both
    // lengths.
    const int MostCharacters = 256;

    /// <summary>The candidate of least edit distance; the first of several; null if there is no candidate.</summary>
    public static string? Of(string name, IEnumerable<string> candidates) => candidates.MinBy(candidate => Distance(name, candidate));

    /// <summary>Insertions, deletions, replacements and swaps of two neighbours that turn one text into the other; of long texts, their
    /// first 256 characters. No part is changed twice (Damerau 1964, restricted).</summary>
    public static int Distance(string from, string to) =>
        Distance(from.AsSpan(0, Math.Min(from.Length, MostCharacters)), to.AsSpan(0, Math.Min(to.Length, MostCharacters)));

    static int Distance(ReadOnlySpan<char> from, ReadOnlySpan<char> to)
    {
        // Rows of the table for the letters of `from` so far, and for one and two letters fewer.
        Span<int> row = stackalloc int[to.Length + 1],
            before = stackalloc int[to.Length + 1],
            twoBefore = stackalloc int[to.Length + 1];
        for (int j = 0; j < row.Length; j++)
            row[j] = j;
        for (int i = 0; i < from.Length; i++)
        {
            var oldest = twoBefore;
            twoBefore = before;
            before = row;
            row = oldest;
            row[0] = i + 1;
            for (int j = 0; j < to.Length; j++)
            {
                int replaced = before[j] + (from[i] == to[j] ? 0 : 1);
                row[j + 1] = Math.Min(replaced, Math.Min(row[j], before[j + 1]) + 1);
                if (i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j])
                    row[j + 1] = Math.Min(row[j + 1], twoBefore[j - 1] + 1);
            }
        }

        return row[to.Length];
    }
}
