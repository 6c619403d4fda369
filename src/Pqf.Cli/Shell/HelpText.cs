using System.Collections.Immutable;
using System.Text;
using Pqf.Cli.Configuration;

namespace Pqf.Cli.Shell;

/// <summary>What <c>--help</c> says below the parser's own text.</summary>
static class HelpText
{
    /// <summary>The program's own version, whatever process hosts it.</summary>
    public static string Version { get; } = typeof(HelpText).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>Columns of lists, and of help that no terminal shows.</summary>
    public const int Width = 80;

    // Below, the table of options has no room for words; above, lines are long to read.
    const int LeastWidth = 40,
        MostWidth = 120;

    static readonly ImmutableArray<string> ExitCodes =
    [
        "Exit codes:",
        "  0    done",
        "  1    a file is missing, damaged or unwritable, or the task cannot be done",
        "  2    the command line or the configuration is wrong",
        "  70   a bug in pqf",
        "  130  stopped by Ctrl-C; no file is left half written",
        "",
        "'pqf COMMAND --help' shows a command's options, with examples.",
    ];

    /// <summary>Columns of help in a terminal.</summary>
    /// <param name="columns">The terminal's.</param>
    public static int WidthOf(int columns) => Math.Clamp(columns, LeastWidth, MostWidth);

    /// <summary>Below the list of commands.</summary>
    public static ImmutableArray<string> Root(int width) => [.. ExitCodes.SelectMany(line => Narrow(line, width))];

    /// <summary>Below a command's options.</summary>
    public static ImmutableArray<string> Examples(CommandEntry entry, int width) =>
        [
            .. entry.Training is null ? [] : CommonKeys(width).SelectMany(line => Narrow(line, width)),
            "Examples:",
            .. entry.Examples.SelectMany(example => Wrapped(example, width)),
        ];

    /// <summary>A line over several where it is too long, the further ones indented.</summary>
    static IEnumerable<string> Narrow(string line, int width) => TextLines.Hanging(line, width, indent: 7);

    /// <summary>The keys that most trainings set.</summary>
    static IEnumerable<string> CommonKeys(int width)
    {
        string[] common =
        [
            "epochs",
            "learning_rate",
            "optimizer",
            "dataloader.batch_size",
            "model.compress",
            "model.compression_parameters.k",
        ];
        yield return "Common keys (pqf config train lists all):";
        foreach (var row in StartingFile.Rows().Where(row => common.Contains(row.Key)).OrderBy(row => Array.IndexOf(common, row.Key)))
        {
            string line = $"  --{row.Key, -32}  {row.Meaning.Split(';', ',')[0]}";
            string all = $"{line} [{row.Default.Split(',')[0]}]";
            yield return all.Length <= width ? all : line;
        }

        yield return "";
    }

    /// <summary>A command line over several, as shells read it.</summary>
    static IEnumerable<string> Wrapped(string example, int width)
    {
        var line = new StringBuilder(" ");
        foreach (string word in example.Split(' '))
        {
            if (line.Length + word.Length + " \\".Length + 1 > width)
            {
                yield return $"{line} \\";
                line.Clear().Append("   ");
            }

            line.Append(' ').Append(word);
        }

        yield return line.ToString();
    }
}
