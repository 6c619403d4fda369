using System.Text;
using System.Text.RegularExpressions;

namespace Pqf.Cli.Shell;

/// <summary>Text in lines.</summary>
static partial class TextLines
{
    /// <summary>Lines of at most so many characters, cut between words.</summary>
    public static IEnumerable<string> Wrapped(string text, int width)
    {
        var line = new StringBuilder();
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }

    /// <summary>A line as several of at most so many characters, cut between words. The further ones are indented to where the text of
    /// the first begins. Runs of spaces within a line, as of tables, are kept. A longer word has a line of its own.</summary>
    /// <param name="line">The line.</param>
    /// <param name="width">Characters of a line; null leaves it as it is.</param>
    public static IEnumerable<string> Hanging(string line, int? width) =>
        width is { } columns && line.Length > columns ? Hanging(line, columns, IndentOf(line, columns)) : [line];

    /// <summary>As above, with further lines that are indented by so many spaces.</summary>
    public static IEnumerable<string> Hanging(string line, int width, int indent)
    {
        string before = new(' ', indent);
        while (line.Length > width)
        {
            // The label of a first line stays beside its first word.
            int begin = Math.Min(indent, line.Length);
            while (begin < line.Length && line[begin] == ' ')
                begin++;
            int end = line.LastIndexOf(' ', width);
            if (end <= begin)
                end = line.IndexOf(' ', Math.Max(begin, width));
            if (end < 0)
                break;
            yield return line[..end].TrimEnd();
            line = before + line[end..].TrimStart();
        }

        yield return line;
    }

    // Of a line without a label.
    const int PlainIndent = 2;

    /// <summary>Where the text of a line begins: behind a label such as <c>network </c> or <c>quantised</c>, or behind the first column of
    /// a table.</summary>
    static int IndentOf(string line, int width) =>
        Label().Match(line) is { Success: true, Length: var length } && length <= width / 2 ? length : PlainIndent;

    // Labels have eight letters, or nine, and a space; shorter ones have spaces behind them.
    [GeneratedRegex("^( *[^ ]+  +|[a-z0-9-]{8,9} | +)")]
    private static partial Regex Label();
}
