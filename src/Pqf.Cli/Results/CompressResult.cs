using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Compression.Jobs;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Cli.Results;

/// <summary>A compressed network.</summary>
/// <param name="Folder">Where its files are.</param>
/// <param name="Files">The network's files, read back and compared with the network in memory.</param>
/// <param name="Groups">Channel orders that were searched; null where none were.</param>
/// <param name="Layers">Layers with codes, in graph order.</param>
/// <param name="MeanRelativeError">Mean of the relative errors of layers with codes.</param>
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
    /// <summary>Layers without codes, in graph order.</summary>
    public IReadOnlyList<UncodedLayer> Uncoded { get; init; } = [];

    /// <summary>Mean of the layers' output errors; null where layers were not fitted to outputs.</summary>
    public double? MeanOutputError { get; init; }

    /// <summary>The page with all figures; null where none was written.</summary>
    public string? Report { get; init; }

    /// <summary>The search of --max-loss; null without it.</summary>
    public SizeSearchResult? Search { get; init; }

    /// <summary>The training on the dense network's answers; null without it.</summary>
    public DistillationResult? Distillation { get; init; }

    /// <summary>How many photographs keep the dense network's first answer; null for networks that are no classifiers, and without
    /// photographs.</summary>
    public SameAnswers? SameAnswers { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<string> Lines() =>
        [
            .. ReportFiles.Lines(Report),
            .. Groups is null ? [] : (string[])[Groups.Line()], // files were shown when they were written
            QuantisedLayer.Line(Layers.Count, Uncoded, MeanRelativeError, MeanOutputError),
            .. Network.Lines(),
            .. Search is null ? [] : (string[])[Search.Line()],
            .. Distillation is null ? [] : (string[])[Distillation.Line()],
            // The lines of the search and of the training count those held back.
            .. SameAnswers is { AreHeldBack: false } same ? (string[])[same.Line()] : [],
        ];
}

/// <summary>A compressed classifier beside the dense network, on photographs of the compression.</summary>
/// <param name="Agreement">Photographs for which its first answer is the dense network's.</param>
/// <param name="AreHeldBack">Whether these were held back from calibration. Otherwise the network was calibrated on them, and keeps fewer
/// answers for other photographs.</param>
sealed record SameAnswers(Share Agreement, bool AreHeldBack)
{
    internal string Line() =>
        $"same     {Agreement.Correct} of {Plural.Of(Agreement.Count, "photograph")} that it was calibrated on "
        + $"{(Agreement.Correct == 1 ? "keeps" : "keep")} the dense network's first answer";

    /// <summary>Describes a comparison.</summary>
    public static SameAnswers Of(CompressedAnswers answers) => new(Share.Of(answers.Comparison.Agreement), answers.AreHeldBack);
}

/// <summary>How the smallest size that loses little was found.</summary>
/// <param name="MaxLoss">Points of agreement that may be lost: first answers in 100 that may differ from the dense network's.</param>
/// <param name="HeldBack">Photographs held back from calibration, to measure on.</param>
/// <param name="Agreement">Of the network that was taken: photographs held back for which its first answer is the dense network's.</param>
/// <param name="Tried">The sizes tried, in their order.</param>
sealed record SizeSearchResult(double MaxLoss, int HeldBack, Share Agreement, IReadOnlyList<TriedSize> Tried)
{
    internal string Line() =>
        $"agree    {Figures.Percent(Agreement.Proportion())} of the photographs held back have the dense network's first answer; "
        + $"{Plural.Of(Tried.Count, "size")} tried";

    /// <summary>Describes a search.</summary>
    public static SizeSearchResult Of(SizeSearch search) =>
        new(
            // A product of 0.02 and 100 has the digits of neither.
            Math.Round(100 * search.MaxLoss, 10),
            search.HeldBack,
            Share.Of(search.Taken.Agreement),
            [.. search.Trials.Select(trial => new TriedSize(trial.SizeBytes, Share.Of(trial.Agreement), trial.Passes))]
        );
}

/// <summary>A size that was tried.</summary>
/// <param name="SizeBytes">Of the largest file.</param>
/// <param name="Agreement">Photographs held back for which the first answer is the dense network's.</param>
/// <param name="Passes">Whether these are enough.</param>
sealed record TriedSize(long SizeBytes, Share Agreement, bool Passes);

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
                + $"blocks vary less (log-determinant of their covariance lower by {MeanDecrease:0.000} on average)"
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
    /// <summary>Squared error of the layer's output on the photographs, as a part of the output's square; null where the layer was not
    /// fitted to outputs.</summary>
    public double? OutputError { get; init; }

    /// <summary>The line of all layers. Layers that are fitted to outputs may leave their weights far behind.</summary>
    internal static string Line(int count, IReadOnlyList<UncodedLayer> uncoded, double meanRelativeError, double? meanOutputError = null)
    {
        int eightBits = uncoded.Count(layer => layer.Kind == ValueForm.Scaled8.Word());
        string layers = $"quantised {Plural.Of(count, "layer")}",
            errors = count == 0 ? ""
            : meanOutputError is { } output
                ? string.Create(CultureInfo.InvariantCulture, $" and fitted their outputs: relative error {output:0.0000} on average")
            : string.Create(CultureInfo.InvariantCulture, $": relative error of weights {meanRelativeError:0.0000} on average"),
            others = eightBits == 0 ? "" : $"; {Plural.Of(eightBits, "layer")} {(eightBits == 1 ? "is" : "are")} held in 8 bits";
        return layers + errors + others;
    }

    /// <summary>Describes a layer.</summary>
    public static QuantisedLayer Of(LayerReport report) =>
        new(
            report.Blocks.Layer,
            report.Blocks.Weight.AsSpan().ToArray(),
            report.Blocks.D,
            report.Blocks.K,
            report.SizeBits,
            report.RelativeError
        )
        {
            OutputError = report.OutputError,
        };
}

/// <summary>A layer without codes.</summary>
/// <param name="Name">Of the layer.</param>
/// <param name="Shape">Of its weight: [out, in, height, width] or [out, in].</param>
/// <param name="Kind">8bit, half or float.</param>
/// <param name="Bits">Of the weight.</param>
/// <param name="RelativeError">Sum of squared errors of rounding over the sum of the weight's squares.</param>
sealed record UncodedLayer(string Name, IReadOnlyList<int> Shape, string Kind, long Bits, double RelativeError)
{
    /// <summary>Describes a layer.</summary>
    public static UncodedLayer Of(StoredLayer layer) =>
        new(layer.Layer, layer.Weight.AsSpan().ToArray(), layer.Form.Word(), layer.SizeBits, layer.RelativeError);
}
