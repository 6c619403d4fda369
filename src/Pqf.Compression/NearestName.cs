namespace Pqf.Compression;

/// <summary>Suggests what a mistyped name may have meant.</summary>
static class NearestName
{
    /// <summary>The candidate with the fewest edits (Levenshtein 1966) from a name; the first of equals; null if there is none.</summary>
    public static string? Among(IEnumerable<string> candidates, string name) =>
        candidates.Select(candidate => (Name: candidate, Edits: Edits(name, candidate))).MinBy(pair => pair.Edits).Name;

    static int Edits(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
