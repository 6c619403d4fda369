namespace Pqf.Tensors;

/// <summary>Finds what a person probably meant.</summary>
public static class Spelling
{
    /// <summary>The known name that takes the fewest single-character changes from the given one; the first of equals, null if there are none.</summary>
    public static string? Nearest(string name, IEnumerable<string> known) => known.MinBy(candidate => Distance(name, candidate));

    /// <summary>Insertions, deletions and replacements that turn one text into the other (Levenshtein); case counts.</summary>
    public static int Distance(string from, string to)
    {
        int[] previous = [.. Enumerable.Range(0, to.Length + 1)];
        int[] current = new int[to.Length + 1];
        for (int i = 1; i <= from.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int replaced = previous[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, 1 + Math.Min(previous[j], current[j - 1]));
            }

            (previous, current) = (current, previous);
        }

        return previous[to.Length];
    }
}
