using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Rows of text under a header, in columns.</summary>
/// <param name="Columns">Titles; one that begins with a space has its column aligned to the right.</param>
/// <param name="Rows">As many fields as columns.</param>
sealed record Table(ImmutableArray<string> Columns, ImmutableArray<ImmutableArray<string>> Rows)
{
    /// <summary>The lines, without trailing spaces.</summary>
    public IEnumerable<string> Lines()
    {
        ImmutableArray<ImmutableArray<string>> all =
        [
            [.. Columns.Select(title => title.Trim())],
            // A name of a million letters would make every row as long.
            .. Rows.Select(row => row.Select(Printable.Name).ToImmutableArray()),
        ];
        int[] widths = [.. Columns.Select((_, column) => all.Max(row => row[column].Length))];
        return all.Select(row =>
            string.Join(
                    "  ",
                    row.Select(
                        (field, column) => Columns[column].StartsWith(' ') ? field.PadLeft(widths[column]) : field.PadRight(widths[column])
                    )
                )
                .TrimEnd()
        );
    }
}
