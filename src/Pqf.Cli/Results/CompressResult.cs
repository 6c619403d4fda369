using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Tensors;

namespace Pqf.Cli.Results;

/// <summary>A compressed network.</summary>
/// <param name="Folder">Where its files are.</param>
/// <param name="Files">The network's files, read back and compared with the network in memory.</param>
/// <param name="Groups">Channel orders that were searched; null where none were.</param>
/// <param name="Layers">Layers with codes, in graph order.</param>
/// <param name="MeanRelativeError">Mean of the layers' relative errors.</param>
/// <param name="Network">The compressed network.</param>
sealed record CompressResult(
    string Folder,
    IReadOnlyList<WrittenFile> Files,
    SearchedGroups? Groups,
    IReadOnlyList<QuantisedLayer> Layers,
    double MeanRelativeError,
    NetworkSummary Network
) : CommandResult
{
    /// <summary>The page with all figures; null where none was written.</summary>
    public string? Report { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            .. ReportFiles.Lines(Report),
            .. Groups is null ? [] : (string[])[Groups.Line()], // files were shown when they were written
            QuantisedLayer.Line(Layers.Count, MeanRelativeError),
            .. Network.Lines(),
        ];
}

/// <summary>A file of a network that was read back.</summary>
/// <param name="Path">The file.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="LogitDifference">Largest difference of its logits from those of the network in memory, as a part of the largest.</param>
/// <param name="NotKept">What the file does not keep of the network; null where it keeps all.</param>
sealed record WrittenFile(string Path, long SizeBytes, double LogitDifference, string? NotKept) : IShown
{
    /// <inheritdoc/>
    public IEnumerable<string> Lines()
    {
        string same =
            LogitDifference == 0
                ? "the same"
                : string.Create(CultureInfo.InvariantCulture, $"the same to {LogitDifference:0.0e+0} of the largest");
        yield return $"wrote    {Path} ({Figures.Count(SizeBytes)} bytes); read back, its logits are {same}";
        if (NotKept is not null)
            yield return $"note     {NotKept}";
    }
}

/// <summary>The search for channel orders.</summary>
/// <param name="Count">Groups of layers that were reordered together.</param>
/// <param name="Exchanges">Exchanges made in all groups.</param>
/// <param name="Proposals">Exchanges tried.</param>
/// <param name="MeanDecrease">By how much the logarithm of a group's determinant fell, on average.</param>
sealed record SearchedGroups(int Count, long Exchanges, long Proposals, double MeanDecrease)
{
    internal string Line() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"permuted {Plural.Of(Count, "group")}: {Figures.Count(Exchanges)} of {Figures.Count(Proposals)} exchanges made, "
                + $"log-determinant lower by {MeanDecrease:0.000} on average"
        );
}

/// <summary>A layer with codes.</summary>
/// <param name="Name">Of the layer.</param>
/// <param name="Shape">Of its weight: [out, in, height, width] or [out, in].</param>
/// <param name="D">Values of a block.</param>
/// <param name="K">Words of the codebook.</param>
/// <param name="Bits">Of codes and codebook.</param>
/// <param name="RelativeError">Sum of squared errors over the sum of the weight's squares.</param>
sealed record QuantisedLayer(string Name, IReadOnlyList<int> Shape, int D, int K, long Bits, double RelativeError)
{
    /// <summary>The line of all layers.</summary>
    internal static string Line(int count, double meanRelativeError) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"quantised {Plural.Of(count, "layer")}: relative error {meanRelativeError:0.0000} on average"
        );

    /// <summary>Describes a layer.</summary>
    public static QuantisedLayer Of(LayerReport report) =>
        new(
            report.Blocks.Layer,
            report.Blocks.Weight.AsSpan().ToArray(),
            report.Blocks.D,
            report.Blocks.K,
            report.SizeBits,
            report.RelativeError
        );
}
