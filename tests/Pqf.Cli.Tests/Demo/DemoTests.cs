using System.CommandLine;
using System.Globalization;
using System.Xml.Linq;
using Pqf.Cli.Commands;
using Pqf.Cli.Configuration;
using Pqf.Cli.Demo;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Metrics;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Demo;

/// <summary>The demo on a part of its images, with fewer iterations.</summary>
public sealed class SmallDemo : IDisposable
{
    const int TrainCount = 320,
        TestCount = 200;

    readonly TemporaryFolder folder = new();

    public SmallDemo()
    {
        using var output = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(output, TextWriter.Null, false, TimeProvider.System, CancellationToken.None);
        Config = ResultAssert.Value(
            ConfigLoader.Load(
                null,
                [
                    new(["output_path"], folder.Path),
                    new(["device"], "host"),
                    new(["model", "compression_parameters", "k_means_n_iters"], "3"),
                    new(["model", "sls_iterations"], "100"),
                ],
                DemoFiles.Config
            )
        );
        using var locks = new FolderLocks();
        var run = new RunContext(
            new RootCommand().Parse(""),
            Config,
            terminal,
            ProgressDisplay.For(terminal, true),
            locks,
            new ResultOutput(terminal, false)
        );
        var all = ResultAssert.Value(DemoFiles.Images());
        Images = new(First(all.Train, TrainCount), First(all.Validation, TestCount));
        ResultAssert.Value(DemoCommand.Run(run, Images));
        Out = output.ToString();
        Stages = [.. File.ReadAllLines(Path("stages.csv")).Skip(1).Select(line => line.Split(','))];
    }

    internal Config Config { get; }

    internal TrainingSets Images { get; }

    internal string Out { get; }

    /// <summary>Rows of stages.csv.</summary>
    internal string[][] Stages { get; }

    public string Path(string name) => folder.File(name);

    public void Dispose() => folder.Dispose();

    static ImageSet First(ImageSet set, int count)
    {
        var grey = (ImageSet.Grey)set;
        return grey with { Pixels = grey.Pixels[..(count * 784)], Classes = grey.Classes[..count] };
    }
}

[Trait("Speed", "Slow")]
public sealed class DemoTests(SmallDemo demo) : IClassFixture<SmallDemo>
{
    /// <summary>The demo of the tests has fewer images and iterations: its lines have the words and the form of those on the page.</summary>
    [Fact]
    public void The_first_page_shows_the_lines_that_it_prints()
    {
        string readme = File.ReadAllText(System.IO.Path.Combine(SharedData.Repository, "README.md"));
        string[] shown = readme.Split("$ pqf demo\n")[1].Split("```")[0].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] printed = demo.Out.Replace(demo.Path("report.html"), "pqf-demo/report.html", StringComparison.Ordinal).Split('\n');
        Assert.Equal(6, shown.Length);
        int table = Array.FindIndex(
            printed,
            line => line.StartsWith("network ", StringComparison.Ordinal) && line.EndsWith("interval", StringComparison.Ordinal)
        );
        Assert.True(table >= 0, demo.Out);
        Assert.Equal(
            shown.Select(DocumentedOutputTests.FormOf),
            printed[table..].Where(line => line.Length > 0).Select(DocumentedOutputTests.FormOf)
        );
    }

    [Fact]
    public void The_demo_leaves_networks_tables_and_a_page()
    {
        Assert.Equal(
            [
                "dense.pqf",
                "groups.csv",
                "layers.csv",
                "report.html",
                "report.md",
                "resnet20.onnx",
                "resnet20.pqf",
                "stages.csv",
                "steps.csv",
            ],
            Directory.GetFiles(Path.GetDirectoryName(demo.Path("x"))!).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        Assert.Equal(["dense", "compressed", "calibrated", "fine-tuned"], demo.Stages.Select(row => row[0]));
        Assert.Equal(1 + 5, File.ReadAllLines(demo.Path("steps.csv")).Length); // 320 images in batches of 64
        Assert.Equal(1 + 21, File.ReadAllLines(demo.Path("layers.csv")).Length);
    }

    [Fact]
    public void The_network_is_40_times_smaller_or_more_and_its_file_is_nearly()
    {
        Assert.InRange(double.Parse(demo.Stages[3][2], CultureInfo.InvariantCulture), 40, 43);
        Assert.InRange((double)new FileInfo(demo.Path("dense.pqf")).Length / new FileInfo(demo.Path("resnet20.pqf")).Length, 35, 43);
        Assert.InRange(new FileInfo(demo.Path("resnet20.onnx")).Length, 1, 300_000);
    }

    [Theory]
    [InlineData("dense.pqf", 0)]
    [InlineData("resnet20.pqf", 3)]
    public void Accuracies_are_those_of_the_files_on_the_test_images(string file, int stage)
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var network = ResultAssert.Value(Network.Load(demo.Path(file), device));
        int right = 0,
            count = demo.Images.Validation.Count;
        var classifier = new Classifier(network, 1);
        float[] input = new float[784];
        for (int i = 0; i < count; i++)
        {
            ResultAssert.Value(demo.Images.Validation.Prepare(i, network.Preprocessing, null, input));
            right += Ranking.RankOf(classifier.Logits(input, 1), demo.Images.Validation.ClassOf(i)) == 0 ? 1 : 0;
        }

        // One image of 200 may lie so near two classes that rounding decides: batches of another size add in another order.
        Assert.InRange(int.Parse(demo.Stages[stage][3], CultureInfo.InvariantCulture), right - 1, right + 1);
        Assert.Equal(count.ToString(CultureInfo.InvariantCulture), demo.Stages[stage][4]);
    }

    [Fact]
    public void The_page_and_the_terminal_show_the_same_figures()
    {
        var page = XDocument.Parse(File.ReadAllText(demo.Path("report.html"))).Root!;
        var shown = page.Descendants("table")
            .First()
            .Element("tbody")!
            .Elements("tr")
            .Select(row => row.Elements("td").Select(cell => cell.Value).ToArray())
            .ToArray();
        Assert.Equal(4, shown.Length);
        for (int i = 0; i < shown.Length; i++)
        {
            var accuracy = new Proportion(
                int.Parse(demo.Stages[i][3], CultureInfo.InvariantCulture),
                int.Parse(demo.Stages[i][4], CultureInfo.InvariantCulture)
            );
            Assert.Equal(
                (demo.Stages[i][0], Figures.Percent(accuracy.Value), Figures.Interval(accuracy)),
                (shown[i][0], shown[i][3], shown[i][4])
            );
            Assert.Contains(
                $"{Figures.Percent(accuracy.Value)}  {Figures.Interval(accuracy)}\n",
                demo.Out.Replace("   ", "  ", StringComparison.Ordinal),
                StringComparison.Ordinal
            );
        }

        Assert.Equal(21, page.Descendants("img").Count());
        Assert.DoesNotContain("http", page.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_pages_loss_is_that_of_the_steps()
    {
        var page = XDocument.Parse(File.ReadAllText(demo.Path("report.html"))).Root!;
        double[] drawn =
        [
            .. page.Descendants("polyline")
                .Single(line => line.Attribute("class")!.Value == "raw")
                .Attribute("points")!
                .Value.Split(' ')
                .Select(point => double.Parse(point.Split(',')[1], CultureInfo.InvariantCulture)),
        ];
        double[] losses =
        [
            .. File.ReadAllLines(demo.Path("steps.csv"))
                .Skip(1)
                .Select(line => double.Parse(line.Split(',')[1], CultureInfo.InvariantCulture)),
        ];
        Assert.Equal(losses.Length, drawn.Length);
        Assert.Equal(
            losses.Select((loss, i) => (loss, i)).OrderBy(pair => pair.loss).Select(pair => pair.i),
            drawn.Select((y, i) => (y, i)).OrderByDescending(pair => pair.y).Select(pair => pair.i)
        );
    }
}

public sealed class DemoFailureTests
{
    [Fact]
    public void Ctrl_C_ends_the_demo_and_leaves_no_file_half_written()
    {
        using var folder = new TemporaryFolder();
        using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(1.5));
        var result = Cli.Run(cancellation.Token, "demo", "--output", folder.Path, "--quiet", "--device", "host");
        Assert.Equal((ExitCode.Interrupted, "interrupted"), (result.Code, result.ErrorLine));
        Assert.All(Directory.GetFiles(folder.Path), file => Assert.Equal("dense.pqf", Path.GetFileName(file)));
    }

    [Theory]
    [InlineData("--epochs", "0", "epochs: expected 1 or more")]
    [InlineData("--model.compress", "false", "model.compress: expected true")]
    public void Settings_that_leave_out_a_step_are_refused(string key, string value, string expected)
    {
        var result = Cli.Run("demo", key, value);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains(expected, result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        var result = Cli.Run("demo", "--output", "/dev/null/demo", "--quiet");
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.StartsWith("error: /dev/null: is a file; expected a folder", result.ErrorLine, StringComparison.Ordinal);
    }
}
