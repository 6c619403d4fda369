using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Pqf.Cli.Shell;
using Pqf.Tensors;

namespace Pqf.Cli.Configuration;

/// <summary>A configuration to begin with: every key of a command with what it means, and its default.</summary>
/// <remarks>Made of docs/configuration.md, which is part of the program: keys are described there alone.</remarks>
static partial class StartingFile
{
    const int Width = 80;

    /// <summary>Headings of the tables of keys.</summary>
    public const string Network = "The network",
        Compression = "Compression",
        Run = "The run",
        Training = "Training";

    /// <summary>YAML that loads as the defaults.</summary>
    /// <param name="command">For the head.</param>
    /// <param name="headings">Tables whose keys the command takes.</param>
    public static IEnumerable<string> Lines(string command, ImmutableArray<string> headings)
    {
        yield return $"# Settings of pqf {command}. Keys without # are at their defaults; remove # to set another.";
        yield return $"# Use: pqf {command} --config FILE";
        var defaults = ConfigLoader.KeysWithDefaults();
        var root = new Node("");
        foreach (var row in Rows().Where(row => headings.Contains(row.Heading) && !row.Key.Contains('<', StringComparison.Ordinal)))
            root.Add(row.Key.Split('.'), row with { IsSet = defaults.Contains(row.Key) && IsValue(row) });
        foreach (string line in root.Children.SelectMany(child => child.Lines(0)))
            yield return line;
    }

    /// <summary>Every key that the documentation describes.</summary>
    public static IEnumerable<KeyRow> Rows()
    {
        string heading = "";
        foreach (string line in Presets.Text("configuration.md").Split('\n'))
            if (line.StartsWith("## ", StringComparison.Ordinal))
                heading = line[3..].Trim();
            else if (RowPattern().Match(line) is { Success: true } row)
                yield return new(heading, row.Groups[1].Value, Plain(row.Groups[2].Value), Plain(row.Groups[3].Value), false);
    }

    static bool IsValue(KeyRow row) =>
        !row.Default.Contains(' ', StringComparison.Ordinal)
        && ConfigLoader.Load(null, [new(Arguments.PathOf(row.Key), row.Default)]) is Result<Config, PqfError>.Ok;

    /// <summary>Text without marks and addresses.</summary>
    static string Plain(string markdown) => LinkPattern().Replace(markdown, "$1").Replace("`", "", StringComparison.Ordinal).Trim();

    [GeneratedRegex(@"^\| `([^`]+)` \| (.*?) \| (.*) \|\s*$")]
    private static partial Regex RowPattern();

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]+\)")]
    private static partial Regex LinkPattern();

    /// <summary>A key.</summary>
    /// <param name="Heading">Of its table.</param>
    /// <param name="Key">Its path.</param>
    /// <param name="Default">As the documentation says it.</param>
    /// <param name="Meaning">In words.</param>
    /// <param name="IsSet">Whether the default is a value that can be written.</param>
    internal sealed record KeyRow(string Heading, string Key, string Default, string Meaning, bool IsSet);

    /// <summary>A mapping or a key, in the order of the documentation.</summary>
    sealed class Node(string name)
    {
        KeyRow? row;

        public List<Node> Children { get; } = [];

        public void Add(ReadOnlySpan<string> path, KeyRow added)
        {
            if (path.IsEmpty)
            {
                row = added;
                return;
            }

            string first = path[0];
            if (Children.Find(child => child.Name == first) is not { } next)
                Children.Add(next = new Node(first));
            next.Add(path[1..], added);
        }

        string Name => name;

        public IEnumerable<string> Lines(int depth)
        {
            string indent = new(' ', 2 * depth);
            if (row is null)
                return ["", $"{indent}{name}:", .. Children.SelectMany(child => child.Lines(depth + 1))];
            string fallback = row.Default.Length == 0 ? "" : $" [{row.Default}]";
            return
            [
                .. TextLines
                    .Wrapped(row.IsSet ? row.Meaning : row.Meaning + fallback, Width - indent.Length - 2)
                    .Select(line => $"{indent}# {line}"),
                row.IsSet ? $"{indent}{name}: {row.Default}" : $"{indent}# {name}:",
            ];
        }
    }
}
