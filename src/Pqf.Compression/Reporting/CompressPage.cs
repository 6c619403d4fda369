using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Steps;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Reporting;

/// <summary>The report of a compression.</summary>
public static class CompressPage
{
    /// <summary>The report.</summary>
    /// <param name="model">The network as files hold it.</param>
    /// <param name="compressed">Reports of groups and layers, and of the search for a size.</param>
    /// <param name="files">Files of the network.</param>
    /// <param name="calibratedOn">What it was calibrated on: <c>160 photographs without labels</c>; null where it was not.</param>
    /// <param name="answers">Its answers beside the dense network's; null where they were not compared.</param>
    /// <param name="changed">Pictures of the surest of <see cref="Comparison.Changed"/>.</param>
    /// <param name="notes">Sentences on how it was made.</param>
    public static Report Of(
        PqfModel model,
        Compressed compressed,
        IReadOnlyList<CheckedFile> files,
        string? calibratedOn,
        CompressedAnswers? answers,
        ImmutableArray<ReportFigure> changed,
        ImmutableArray<string> notes
    )
    {
        var (state, search) = (compressed.State, compressed.Search);
        var summary = NetworkSummary.Of(model, "compressed");
        string ratio = summary.Ratio.ToString("0.0", CultureInfo.InvariantCulture);
        return new(
            $"{summary.Name}, {ratio} times smaller",
            "Permute · Quantise",
            $"{ratio} times",
            " smaller",
            $"{summary.Name}: from {Figures.ShortSize(summary.DenseBits)} to {Figures.ShortSize(summary.SizeBits)} of parameters. "
                + (
                    calibratedOn is not null
                        ? $"Calibrated on {calibratedOn}. "
                        : "Not calibrated: a network with norms loses most of its accuracy unless it is compressed with --calibrate, or "
                            + "trained from the dense network. "
                )
                + Agreement(answers)
                + "Accuracy was not measured; pqf evaluate measures it.",
            [
                StepPictures.Section([
                    .. state.Groups.IsEmpty ? [] : (ReportFigure[])[StepPictures.Permuted],
                    StepPictures.Quantised,
                    .. calibratedOn is not null ? (ReportFigure[])[CalibratedOf(state)] : [],
                ]),
                .. Sizes(search),
                .. ReportSection.Present(Changed(answers, changed)),
                .. Written(files),
                ByteShares.Of(model),
                .. ReportSection.Present(
                    LayerTable.Of(state.Layers, state.Stored, ParameterSpecs.Of(state.Graph).Select(weight => weight.Layer)),
                    Groups(state.Groups),
                    CodebookGallery.Of(Codebooks(model, state))
                ),
            ],
            notes
        );
    }

    static ReportFigure CalibratedOf(CompressionState state) =>
        StepPictures.Calibrated(!state.Reconstructions.IsEmpty, state.Distillation is { Steps: > 0 });

    /// <summary>Codebooks of the quantised layers, in graph order.</summary>
    public static ImmutableArray<Codebook> Codebooks(PqfModel model, CompressionState state) =>
        [
            .. state
                .Layers.Select(layer => (layer.Blocks.Layer, Weight: model.Parameters[layer.Blocks.WeightName]))
                .Where(layer => layer.Weight is Weight.Quantised)
                .Select(layer => Codebook.Of(layer.Layer, (Weight.Quantised)layer.Weight)),
        ];

    static string Agreement(CompressedAnswers? answers) =>
        answers is { Comparison.Agreement: var same }
            ? $"Its first answer is the dense network's for {Figures.Count(same.Correct)} of {Photographs(answers)}. "
            : "";

    static string Photographs(CompressedAnswers answers) =>
        $"{Plural.Of(answers.Comparison.Agreement.Count, "photograph")} "
        + (answers.AreHeldBack ? "held back from calibration" : "that it was calibrated on");

    static ReportSection? Changed(CompressedAnswers? answers, ImmutableArray<ReportFigure> pictures) =>
        answers is null
            ? null
            : ChangedAnswers.Section(
                "photograph",
                $"The first answer changed for {Figures.Count(answers.Comparison.Changed.Length)} of {Photographs(answers)}"
                    + (answers.AreHeldBack ? ". " : "; it changes more often for other photographs. ")
                    + (
                        pictures.Length < answers.Comparison.Changed.Length
                            ? $"Here are the {pictures.Length} of which the dense network is surest."
                            : "The photograph of which the dense network is surest comes first."
                    ),
                "Below each picture the compressed network's answer, then the dense network's, with how sure each is.",
                pictures
            );

    static IEnumerable<ReportSection> Sizes(SizeSearch? search)
    {
        if (search is null)
            yield break;
        yield return new(
            "Sizes tried",
            "The smallest size was looked for whose first answers are the dense network's for "
                + $"{Figures.Percent(1 - search.MaxLoss)} of {Plural.Of(search.HeldBack, "photograph")} held back from calibration. "
                + "Accuracy on other photographs may differ.",
            [
                new ReportPart.Table(
                    "sizes",
                    [new("bytes", ReportColumnKind.Number), new("agreement", ReportColumnKind.Bar), new("enough")],
                    [
                        .. search.Trials.Select(trial => new ReportRow([
                            new(Figures.Count(trial.SizeBytes)),
                            new($"{trial.Agreement.Correct} of {trial.Agreement.Count}", trial.Agreement.Value),
                            new(trial.Passes ? "yes" : "no"),
                        ])),
                    ]
                ),
            ]
        );
    }

    static IEnumerable<ReportSection> Written(IReadOnlyList<CheckedFile> files)
    {
        if (files.Count == 0)
            yield break;
        yield return new(
            "Files",
            "Each file was read back. The difference is the largest one between its answers and those of the network in memory, "
                + "divided by the largest answer. 0 means the same bits.",
            [
                new ReportPart.Table(
                    "files",
                    [new("file"), new("bytes", ReportColumnKind.Number), new("difference", ReportColumnKind.Number)],
                    [
                        .. files.Select(file =>
                            ReportRow.Of(
                                Path.GetFileName(file.Path),
                                Figures.Count(file.SizeBytes),
                                file.Difference == 0 ? "0" : file.Difference.ToString("0.0e+0", CultureInfo.InvariantCulture)
                            )
                        ),
                    ]
                ),
            ]
        );
    }

    static ReportSection? Groups(ImmutableArray<PermutationReport> groups) =>
        groups.IsEmpty
            ? null
            : new(
                "Orders of channels",
                "Each group's channels were reordered so that the covariance of one layer's blocks has a small determinant: the lower its "
                    + "logarithm, the better the blocks quantise."
                    + ShownNote(groups),
                [
                    new ReportPart.Table(
                        "layers",
                        [
                            new("blocks of"),
                            new("channels", ReportColumnKind.Number),
                            new("before", ReportColumnKind.Number, IsWide: true),
                            new("after", ReportColumnKind.Number, IsWide: true),
                            new("lower by", ReportColumnKind.Bar),
                            new("exchanges made", ReportColumnKind.Number, IsWide: true),
                        ],
                        Rows(groups)
                    ),
                ]
            );

    // A network of grouped convolutions has hundreds of layers and groups; all of them are in groups.csv.
    const int MostLayers = 20;

    static string ShownNote(ImmutableArray<PermutationReport> groups) =>
        groups.Select(group => group.Layer).Distinct().Count() is > MostLayers and var count
            ? $" Of {count} layers these are the {MostLayers} that gained least; groups.csv has all."
            : "";

    /// <summary>A row for each layer, whose groups of channels may be many; of many layers those that gained least, in the network's
    /// order.</summary>
    internal static ImmutableArray<ReportRow> Rows(ImmutableArray<PermutationReport> groups)
    {
        PermutationReport[][] layers = [.. groups.GroupBy(group => group.Layer).Select(layer => layer.ToArray())];
        var shown = layers.OrderBy(Gain).Take(MostLayers).ToHashSet();
        double most = layers.Max(Gain);
        return [.. layers.Where(shown.Contains).Select(layer => Row(layer, most))];
    }

    static double Gain(PermutationReport[] layer) => layer.Average(group => group.Before - group.After);

    static ReportRow Row(PermutationReport[] layer, double most)
    {
        int[] counts = [.. layer.Select(group => group.Group.ChannelCount).Distinct()];
        return new([
            new(layer[0].Layer),
            new(
                layer.Length == 1 ? Figures.Count(counts[0])
                : counts.Length == 1 ? $"{layer.Length} groups of {Figures.Count(counts[0])}"
                : $"{layer.Length} groups of {Figures.Count(counts.Min())} to {Figures.Count(counts.Max())}"
            ),
            new(layer.Average(group => group.Before).ToString("0.000", CultureInfo.InvariantCulture)),
            new(layer.Average(group => group.After).ToString("0.000", CultureInfo.InvariantCulture)),
            new(Gain(layer).ToString("0.000", CultureInfo.InvariantCulture), most > 0 ? Math.Clamp(Gain(layer) / most, 0, 1) : 0),
            new($"{Figures.Count(layer.Sum(group => (long)group.Accepted))} of {Figures.Count(layer.Sum(group => (long)group.Proposals))}"),
        ]);
    }
}
