using System.Collections.Immutable;
using System.Globalization;
using CsvHelper;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Models;

/// <summary>A row of <c>layers.csv</c>: how one layer was quantised.</summary>
/// <param name="Layer">Its name.</param>
/// <param name="Shape">Its dense shape.</param>
/// <param name="D">Block length.</param>
/// <param name="K">Centroids.</param>
/// <param name="BlockCount">Blocks, n.</param>
/// <param name="Mse">Mean over blocks of the squared distance to the centroid, summed over d.</param>
/// <param name="RelativeError">Squared error over squared norm of the weight, 0 … 1.</param>
/// <param name="CodeEntropyBits">Entropy of the codes; at most log₂k.</param>
/// <param name="SizeBits">Codes and codebook.</param>
/// <param name="Seconds">Time spent.</param>
sealed record LayerRow(string Layer, Shape Shape, int D, int K, int BlockCount, double Mse, double RelativeError, double CodeEntropyBits, long SizeBits, double Seconds);

/// <summary>A row of <c>groups.csv</c>: how the channel order of one group was found.</summary>
/// <param name="Parents">Layers whose outputs are reordered.</param>
/// <param name="Children">Layers whose inputs are reordered; the first optimisable one decides.</param>
/// <param name="Before">Log-determinant of the block covariance in the order of the file.</param>
/// <param name="Greedy">The same after the greedy start.</param>
/// <param name="After">The same at the end.</param>
/// <param name="Proposals">Exchanges tried.</param>
/// <param name="Accepted">Exchanges made.</param>
/// <param name="Seconds">Time spent.</param>
sealed record GroupRow(ImmutableArray<string> Parents, ImmutableArray<string> Children, double Before, double Greedy, double After, long Proposals, long Accepted, double Seconds);

/// <summary>Writes what a compression did, for spreadsheets.</summary>
static class Reports
{
    /// <summary>Columns of <c>layers.csv</c>.</summary>
    public static ImmutableArray<string> LayerColumns { get; } =
        ["layer", "shape", "d", "k", "blocks", "mse", "relative_error", "code_entropy_bits", "size_bits", "seconds"];

    /// <summary>Columns of <c>groups.csv</c>.</summary>
    public static ImmutableArray<string> GroupColumns { get; } =
        ["parents", "children", "log_det_before", "log_det_greedy", "log_det_after", "proposals", "accepted", "seconds"];

    /// <summary>Writes <c>layers.csv</c>.</summary>
    public static Result<Unit, PqfError> WriteLayers(string path, IEnumerable<LayerRow> rows) => Write(path, LayerColumns, rows.Select(row => new[]
    {
        row.Layer, string.Join('x', row.Shape.AsSpan().ToArray()), Text(row.D), Text(row.K), Text(row.BlockCount), Text(row.Mse), Text(row.RelativeError),
        Text(row.CodeEntropyBits), Text(row.SizeBits), Seconds(row.Seconds),
    }));

    /// <summary>Writes <c>groups.csv</c>; names within one field are separated by spaces.</summary>
    public static Result<Unit, PqfError> WriteGroups(string path, IEnumerable<GroupRow> rows) => Write(path, GroupColumns, rows.Select(row => new[]
    {
        string.Join(' ', row.Parents), string.Join(' ', row.Children), Text(row.Before), Text(row.Greedy), Text(row.After), Text(row.Proposals), Text(row.Accepted), Seconds(row.Seconds),
    }));

    static Result<Unit, PqfError> Write(string path, IEnumerable<string> header, IEnumerable<string[]> rows) => AtomicFile.WriteText(path, text =>
    {
        using var csv = CsvWriter.Create(text, CsvWriterOptions.Default, true);
        foreach (string[] row in rows.Prepend([.. header]))
            csv.WriteRecord(row);
    });

    static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    static string Text(double value) => value.ToString("G9", CultureInfo.InvariantCulture);

    static string Seconds(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
}
