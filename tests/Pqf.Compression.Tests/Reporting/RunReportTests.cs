using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Compression.Training;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Images;
using Pqf.Nets.Metrics;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Reporting;

/// <summary>Reports of compressions, trainings and measurements.</summary>
public sealed class RunReportTests : IDisposable
{
    static readonly NetworkSummary Network = new("resnet20", "compressed", 10, 32, 32, 3, false, 1 << 16, 1 << 20);

    readonly HostDevice device = new(1);
    readonly Scope scope;

    public RunReportTests() => scope = device.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        device.Dispose();
    }

    [Fact]
    public void Markdown_has_the_words_and_tables_of_a_report_and_escapes_what_would_be_its_own()
    {
        var report = new Report(
            "title",
            "kicker",
            "2 times",
            " smaller",
            "net_1: *all* of it",
            [
                new("Drawn", "A drawing.", [new ReportPart.Drawing(new XElement("svg"))]),
                new(
                    "Layers",
                    "About a|b.",
                    [
                        new ReportPart.Table(
                            "layers",
                            [new("layer"), new("bits", ReportColumnKind.Number)],
                            [ReportRow.Of("layer1.0_x", "3"), ReportRow.Of("a\nb", "4") with { IsResult = true }]
                        ),
                    ]
                ),
            ],
            ["a note"]
        );
        Assert.Equal(
            """
            # 2 times smaller

            net\_1: \*all\* of it

            ## Layers

            About a\|b.

            | layer | bits |
            | --- | ---: |
            | layer1.0\_x | 3 |
            | **a b** | **4** |

            - a note

            """.ReplaceLineEndings("\n"),
            ReportMarkdown.Of(report)
        );
    }

    [Fact]
    public void The_bytes_of_a_compressed_network_add_up_to_its_size()
    {
        var model = Compressed();
        var (root, _) = Pages(
            CompressPage.Of(
                model,
                new Compressed(model, State(model)),
                [new CheckedFile("out/net.pqf", 1234567, 0)],
                "160 photographs",
                null,
                [],
                []
            )
        );

        // Codes, codebooks, all else: from the sizes that Cost counts, in bits.
        long bits = Cost.Of(model.Graph, model.Parameters, [1, 8, 8, 3]).Bits;
        string[][] bytes = Rows(root, "bytes");
        Assert.Equal(
            ["codes: which block each place has", "codebooks: the blocks", "weights without codes", "biases and norms", "all"],
            bytes.Select(row => row[0])
        );
        Assert.Equal(Figures.Count((bits + 7) / 8), bytes[^1][1]);
        Assert.InRange(bytes[..^1].Sum(row => double.Parse(row[2].TrimEnd(' ', '%'), CultureInfo.InvariantCulture)), 99.97, 100.03);
        // block.conv2 [32, 24, 3, 3] in blocks of 9, k 8: 768 codes of 3 bits; codebook 8 · 9 values of 16 bits.
        Assert.Equal(Figures.Count(768 * 3 / 8), bytes[0][1]);
        Assert.Equal(Figures.Count(8 * 9 * 2), bytes[1][1]);
        Assert.Equal(["net.pqf", "1,234,567", "0"], Rows(root, "files").Single());
        Assert.Equal(["Quantise", "Calibrate"], root.Descendants("b").Select(name => name.Value).Take(2));
        Assert.Contains("Calibrated on 160 photographs", root.Descendants("p").Single(p => p.Attribute("class")?.Value == "lead").Value);
    }

    /// <summary>What the picture of calibration says was fitted is what the level fits.</summary>
    [Theory]
    [InlineData(false, false, "Nothing else is fitted (level norms).")]
    [InlineData(true, false, "Codebooks and biases are fitted too (level layers).")]
    [InlineData(true, true, "and then trained on the dense network's answers (level network).")]
    public void The_level_of_a_calibration_is_named(bool isOfLayers, bool isOfNetwork, string expected) =>
        Assert.EndsWith(expected, StepPictures.Calibrated(isOfLayers, isOfNetwork).Text, StringComparison.Ordinal);

    [Theory]
    [InlineData(
        2,
        false,
        "The first answer changed for 2 of 5 photographs that it was calibrated on; it changes more often for other photographs. The "
            + "photograph of which the dense network is surest comes first. Below each"
    )]
    [InlineData(
        3,
        true,
        "The first answer changed for 3 of 5 photographs held back from calibration. Here are the 2 of which the dense network is surest."
            + " Below each"
    )]
    public void A_compressions_report_counts_changed_answers_and_shows_some(int changed, bool areHeldBack, string expected)
    {
        var model = Compressed();
        var comparison = new Comparison(
            new(5 - changed, 5),
            0.5,
            null,
            null,
            [.. Enumerable.Range(0, changed).Select(i => new ChangedAnswer(i, null, 0, 1, 0.9, 0.8))]
        );
        var (root, text) = Pages(
            CompressPage.Of(
                model,
                new Compressed(model, State(model)),
                [],
                "5 photographs",
                new CompressedAnswers(new ImageSet.Photographs([], []), areHeldBack, comparison),
                [
                    ReportFigure.Photograph([1, 2], "dog", "80 % sure; was c*t (1.png)"),
                    ReportFigure.Photograph([3], "fox", "was cow (2.png)"),
                ],
                []
            )
        );
        Assert.Equal(
            ["data:image/jpeg;base64,AQI=", "data:image/jpeg;base64,Aw=="],
            root.Descendants("img").Select(image => image.Attribute("src")!.Value).Where(source => source.Contains("jpeg"))
        );
        Assert.Contains($"\n## Photographs that changed their answer\n\n{expected}", text, StringComparison.Ordinal);
        Assert.Contains(expected, root.Value, StringComparison.Ordinal);
        Assert.Contains("\n| dog | 80 % sure; was c\\*t (1.png) |\n| fox | was cow (2.png) |\n", text, StringComparison.Ordinal);
        string lead =
            $"Its first answer is the dense network's for {5 - changed} of 5 photographs "
            + $"{(areHeldBack ? "held back from calibration" : "that it was calibrated on")}. ";
        Assert.Contains(lead, root.Descendants("p").Single(p => p.Attribute("class")?.Value == "lead").Value);
    }

    [Fact]
    public void A_trainings_report_has_every_epoch_and_marks_the_best()
    {
        Metrics Values(double accuracy, double loss) => new(100, [new("accuracy", accuracy), new(Metrics.Loss, loss)]);
        var progress = TrainingProgress.Start with
        {
            Initial = [new("quantised", Values(0.1, 2.5)), new("calibrated", Values(0.6, 1.5))],
            Epochs =
            [
                new(1, Values(0.65, 1.2), Values(0.7, 1.1), 0.7, 1e-3),
                new(2, Values(0.75, 0.9), Values(0.8, double.NaN), 0.8, 5e-4),
                new(3, Values(0.8, 0.7), Values(0.79, 0.8), 0.79, 1e-4),
            ],
        };
        var (root, text) = Pages(TrainingPage.Of(Network, progress, "accuracy", "out/best.pqf", ["a note"]));

        Assert.Equal("80.00 % accuracy after epoch 2 of 3", root.Descendants("h1").Single().Value);
        string[][] rows = Rows(root, "epochs");
        Assert.Equal(["quantised", "calibrated", "1", "2", "3"], rows.Select(row => row[0]));
        // 80 of 100: Wilson's interval is 71.12 … 86.66 (computed in double precision by the formula).
        Assert.Equal(["2", "80.00 %", "71.12 … 86.66", "80 of 100", "not finite", "0.9000", "5.0e-4"], rows[3]);
        Assert.Contains("80 of 100 validation images right (95 % interval 71.12 … 86.66). The best network is in best.pqf.", text);
        Assert.DoesNotContain("colour", text, StringComparison.Ordinal);
        Assert.Equal("2", root.Descendants("tr").Single(row => row.Attribute("class")?.Value == "result").Elements("td").First().Value);
        Assert.Single(root.Descendants("circle"));
        Assert.Contains("| **2** | **80.00 %** |", text, StringComparison.Ordinal);

        var (none, _) = Pages(TrainingPage.Of(Network, TrainingProgress.Start, "accuracy", "out/best.pqf", []));
        Assert.Equal("resnet20, no epoch finished", none.Descendants("h1").Single().Value);
    }

    [Fact]
    public void The_report_of_a_training_that_lowers_the_accuracy_names_the_network_before_it()
    {
        Metrics Values(double accuracy) => new(12, [new(Metrics.Loss, 1), new("accuracy", accuracy)]);
        var progress = TrainingProgress.Start with
        {
            Initial = [new("quantised", Values(0)), new("calibrated", Values(0.75))],
            Epochs = [new(1, Values(0.5), Values(0.25), 0.25, 1e-3), new(2, Values(0.5), Values(0.5), 0.5, 1e-3)],
        };
        var (root, text) = Pages(TrainingPage.Of(Network, progress, "accuracy", "out/best.pqf", []));
        Assert.Equal("75.00 % accuracy before training, 50.00 % after epoch 2 of 2", root.Descendants("h1").Single().Value);
        Assert.Contains(
            "9 of 12 validation images right (95 % interval 46.77 … 91.11). Training made it worse: the best network is the one before "
                + "the first epoch, in 0.pqf. best.pqf holds that of epoch 2.",
            text,
            StringComparison.Ordinal
        );
        Assert.Equal(
            "calibrated",
            root.Descendants("tr").Single(row => row.Attribute("class")?.Value == "result").Elements("td").First().Value
        );
        Assert.Contains(" quantised: right after its weights became codes. calibrated: ", text, StringComparison.Ordinal);
        // Empty cells stay empty.
        Assert.Contains("| **calibrated** | **75.00 %** |", text, StringComparison.Ordinal);
        Assert.DoesNotContain("****", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.1, 0.1, "The dense network is no better than guessing on these images: ")]
    [InlineData(0.9, 0.1, "The best network is no better than guessing on these images.")]
    [InlineData(0.9, 0.9, null)]
    public void The_report_of_a_training_says_what_is_no_better_than_guessing(double dense, double best, string? expected)
    {
        Metrics Values(double accuracy) => new(20, [new(Metrics.Loss, 1), new("accuracy", accuracy)]);
        var progress = TrainingProgress.Start with
        {
            Initial = [new("dense", Values(dense)), new("start", Values(best))],
            Epochs = [new(1, Values(best), Values(best), best, 1e-3)],
        };
        var (_, text) = Pages(TrainingPage.Of(Network with { ClassCount = 10 }, progress, "accuracy", "out/best.pqf", []));
        Assert.Contains(" dense: the network before it is compressed. start: where training begins.", text, StringComparison.Ordinal);
        string[] said = [.. text.Split('\n').Where(line => line.Contains("guessing", StringComparison.Ordinal))];
        Assert.Equal(expected is null ? 0 : 1, said.Length);
        Assert.All(said, line => Assert.Contains(expected!, line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, "0.00 %|0.20 %|0.40 %|0.60 %|0.80 %|1.00 %")]
    [InlineData(0.5, "48.00 %|50.00 %|52.00 %")]
    [InlineData(1, "96.00 %|98.00 %|100.00 %")]
    public void The_axis_of_a_constant_accuracy_has_marks_from_0_to_100_per_cent_that_differ(double accuracy, string expected)
    {
        Metrics Values() => new(10, [new("accuracy", accuracy)]);
        var progress = TrainingProgress.Start with
        {
            Epochs = [new(1, Values(), Values(), accuracy, 1e-3), new(2, Values(), Values(), accuracy, 1e-3)],
        };
        var (root, _) = Pages(TrainingPage.Of(Network, progress, "accuracy", "out/best.pqf", []));
        Assert.Equal(
            expected.Split('|'),
            root.Descendants().Where(text => text.Name.LocalName == "text" && text.Value.EndsWith('%')).Select(text => text.Value)
        );
    }

    [Fact]
    public void A_share_that_rounds_to_0_has_no_sign() => Assert.Equal("0.00 %", Figures.Percent(-1e-7));

    [Fact]
    public void A_measurements_report_has_confusions_the_worst_classes_and_the_surest_mistakes()
    {
        var confusion = Confusion.Of([(0, 0), (0, 1), (0, 1), (1, 1), (2, 0), (2, 2), (2, 2), (2, 2)]);
        var accuracy = new Accuracy(new(5, 8), new(8, 8), confusion) { Mistakes = [new(1, 0, 1, 0.9)] };
        var (root, text) = Pages(
            EvaluationPage.Of(
                Network,
                accuracy,
                ["cat|x", "dog", "fox"],
                [ReportFigure.Photograph([1, 2, 3], "dog", "90 % sure; it is cat")]
            )
        );

        Assert.Equal("62.50 % top-1", root.Descendants("h1").Single().Value);
        string[][][] tables = [.. root.Descendants("table").Select(Rows)];
        Assert.Equal(["first answer (top-1)", "62.50 %", Figures.Interval(new Proportion(5, 8)), "5 of 8"], tables[0][0]);
        Assert.Equal(["cat|x", "dog", "2 of 3"], tables[1][0]);
        Assert.Equal(["fox", "cat|x", "1 of 4"], tables[1][1]);
        Assert.Equal(["cat|x", "1 of 3", "33.33 %"], tables[2][0]);
        Assert.Equal("data:image/jpeg;base64,AQID", root.Descendants("img").Single().Attribute("src")!.Value);
        Assert.Contains("| cat\\|x | dog | 2 of 3 |", text, StringComparison.Ordinal);
    }

    PqfModel Compressed()
    {
        var dense = SmallNetwork.Parameters(device, RngKey.FromSeed(3));
        var codes = GeneratedWeights.Quantised(device, "codes", [32, 24, 3, 3], 8, 9);
        return new PqfModel
        {
            Architecture = new Architecture("resnet20", 12),
            Graph = SmallNetwork.Graph,
            Parameters = dense.With("block.conv2.weight", codes),
            Preprocessing = Preprocessing.Of(3) with { Resize = 8, Crop = 8 },
        };
    }

    CompressionState State(PqfModel model)
    {
        var blocks = new LayerBlocks("block.conv2", [32, 24, 3, 3], 9, 8, KMeansType.Src, 5);
        return new CompressionState(model.Graph, model.Parameters, device) { Layers = [new(blocks, 1.5, 0.25, 2.9) { Effect = -1e-9 }] };
    }

    /// <summary>Both forms, checked.</summary>
    static (XElement Root, string Text) Pages(Report report) => (PageRules.Check(ReportPage.Of(report)), ReportMarkdown.Of(report));

    static string[][] Rows(XElement root, string table) =>
        Rows(root.Descendants("table").Single(candidate => candidate.Attribute("class")!.Value == table));

    static string[][] Rows(XElement table) =>
        [.. table.Element("tbody")!.Elements("tr").Select(row => row.Elements("td").Select(cell => cell.Value).ToArray())];
}
