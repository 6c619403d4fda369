using System.Text.Json;
using Pqf.Cli.Shell;
using Pqf.Cli.Tests.Results;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Files that a command writes once its work is done: what can be known before the work is checked before it, and a file that
/// cannot be written in the end does not cost the result.</summary>
public sealed class UnwritableFilesTests : IDisposable
{
    static readonly string[] Small = ["--preprocessing.resize", "32", "--preprocessing.crop", "32", "--quiet", "--device", "host"],
        Quick =

        [
            .. (string[])["--search", "greedy", "--model.compression_parameters.k", "16"],
            .. (string[])["--model.compression_parameters.k_means_n_iters", "1"],
        ];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("evaluate", "confusion.csv")]
    [InlineData("evaluate", "report.html")]
    [InlineData("evaluate-maskrcnn", "report.md")]
    [InlineData("compress", "report.html")]
    [InlineData("evaluate-maskrcnn", "bbox_results.json")]
    [InlineData("evaluate-maskrcnn", "segm_results.json")]
    [InlineData("evaluate-maskrcnn", "categories.csv")]
    [InlineData("detect", "results.json")]
    [InlineData("detect", "a.png")]
    [InlineData("compress", "resnet18.pqf")]
    [InlineData("compress", "layers.csv")]
    [InlineData("compress", "groups.csv")]
    [InlineData("train", "metrics.csv")]
    [InlineData("train", "results.txt")]
    [InlineData("train", "trained_models/best.pqf")]
    [InlineData("demo", "report.html")]
    [InlineData("demo", "steps.csv")]
    public void A_folder_in_the_place_of_a_file_is_an_error_before_the_work(string command, string name)
    {
        Directory.CreateDirectory(folder.File($"out/{name}"));
        var clock = new Trigger(() => { });

        var result = Run(command, clock);

        Assert.Equal($"error: {folder.File($"out/{name}")}: cannot be written: is a folder", result.ErrorLine);
        Assert.Equal((ExitCode.Failure, ""), (result.Code, result.Out));
        // The demo alone looks at the clock first.
        Assert.True(command == "demo" || !clock.IsOver, "the work had begun");
    }

    [Theory]
    [InlineData("compress")]
    [InlineData("compress", "--dry-run")]
    [InlineData("train")]
    [InlineData("evaluate")]
    [InlineData("evaluate-maskrcnn")]
    [InlineData("detect")]
    [InlineData("run")]
    [InlineData("demo")]
    public void A_file_in_the_place_of_the_folder_is_an_error_before_the_work(string command, params string[] more)
    {
        File.WriteAllText(folder.File("out"), "");
        var result = Run(command, new(() => { }), more);
        Assert.Equal(
            (ExitCode.Failure, $"error: {folder.File("out")}: is a file; expected a folder", ""),
            (result.Code, result.ErrorLine, result.Out)
        );
    }

    [Theory]
    [InlineData("evaluate", "evaluate-classifier", "confusion.csv", "top-1    ")]
    [InlineData("evaluate", "evaluate-classifier", "report.html", "top-1    ")]
    [InlineData("compress", "compress", "report.md", "quantised ")]
    [InlineData("evaluate-maskrcnn", "evaluate-detector", "bbox_results.json", "box ")]
    [InlineData("evaluate-maskrcnn", "evaluate-detector", "categories.csv", "box ")]
    [InlineData("detect", "detect", "results.json", "wrote    ")]
    [InlineData("compress", "compress", "layers.csv", "wrote    ")]
    [InlineData("compress", "compress", "groups.csv", "quantised ")]
    public void A_file_that_cannot_be_written_in_the_end_does_not_cost_the_result(string command, string schema, string name, string line)
    {
        var clock = new Trigger(() => Directory.CreateDirectory(folder.File($"out/{name}")));
        var result = Run(command, clock);

        Assert.Contains(result.Lines, shown => shown.StartsWith(line, StringComparison.Ordinal));
        Assert.Equal($"error: {folder.File($"out/{name}")}: cannot be written: is a folder", result.ErrorLine);
        Assert.Equal(ExitCode.Failure, result.Code);

        Directory.Delete(folder.File("out"), true);
        var json = JsonCli.Check(schema, Run(command, new(clock.Action), "--json").Out);
        Assert.Equal(1, json.At("error", "code").GetInt32());
        Assert.True(json.EnumerateObject().Count() > 1, json.GetRawText());
    }

    [Fact]
    public void A_picture_that_cannot_be_written_does_not_cost_what_was_found_before()
    {
        TestNetworks.WriteImage(folder.File("b.png"), 2);
        var result = Run("detect", new(() => Directory.CreateDirectory(folder.File("out/b.png"))), folder.File("b.png"));

        Assert.Equal($"error: {folder.File("out/b.png")}: cannot be written: is a folder", result.ErrorLine);
        Assert.Equal(ExitCode.Failure, result.Code);
        Assert.Equal($"wrote    {folder.File("out/a.png")}, {folder.File("out/results.json")}", result.Lines[^1]);
        using var found = JsonDocument.Parse(File.ReadAllText(folder.File("out/results.json")));
        Assert.Equal([1, 2], found.RootElement.EnumerateArray().Select(item => item.At("image_id").GetInt32()).Distinct());
    }

    [Fact]
    public void A_table_that_cannot_be_written_does_not_cost_an_epoch_of_training()
    {
        string table = folder.File("out/metrics.csv");
        var result = Run(
            "train",
            new(() =>
            {
                File.Delete(table); // of the network before training
                Directory.CreateDirectory(table);
            })
        );

        Assert.Equal($"error: {table}: cannot be written: is a folder", result.ErrorLine);
        Assert.True(File.Exists(folder.File("out/states/1.state")));
        Assert.Contains(result.Lines, line => line.StartsWith("epoch   1 ", StringComparison.Ordinal));
    }

    [Fact]
    public void Files_that_were_written_are_named()
    {
        string[] files = [.. new[] { "confusion.csv", "report.html", "report.md" }.Select(name => folder.File($"out/{name}"))];
        Assert.Equal($"wrote    {string.Join(", ", files)}", Run("evaluate", new(() => { })).Lines[^1]);
        var json = JsonCli.Check("evaluate-classifier", Run("evaluate", new(() => { }), "--json").Out);
        Assert.Equal(files, json.At("files").EnumerateArray().Select(file => file.GetString()!));

        string[] names =
        [
            .. new[] { "bbox_results.json", "segm_results.json", "categories.csv", "report.html", "report.md" }.Select(name =>
                folder.File($"out/{name}")
            ),
        ];
        Assert.Equal($"wrote    {string.Join(", ", names)}", Run("evaluate-maskrcnn", new(() => { })).Lines[^1]);
        json = JsonCli.Check("evaluate-detector", Run("evaluate-maskrcnn", new(() => { }), "--json").Out);
        Assert.Equal(names, json.At("files").EnumerateArray().Select(file => file.GetString()!));

        string[] more = [.. Enumerable.Range(0, 3).Select(i => folder.File($"{i}.png"))];
        for (int i = 0; i < more.Length; i++)
            TestNetworks.WriteImage(more[i], (ulong)i);
        Assert.Equal(
            $"wrote    4 pictures in {folder.File("out")}, {folder.File("out/results.json")}",
            Run("detect", new(() => { }), more).Lines[^1]
        );
    }

    CliResult Run(string command, Trigger clock, params string[] more)
    {
        bool isDetector = command is "detect" or "evaluate-maskrcnn";
        string network = folder.File("net.safetensors"),
            output = folder.File("out"),
            data = folder.File("data");
        if (isDetector)
            TestDetectors.Write(network);
        else if (command != "demo")
            TestNetworks.Write(network, classCount: 2);
        if (command is "evaluate" or "train")
            TestNetworks.WriteImages(data);
        else if (command is "evaluate-maskrcnn")
            TestDetectors.WriteImages(data);
        TestNetworks.WriteImage(folder.File("a.png"), 1);
        string[] arguments = command switch
        {
            "detect" => ["detect", network, folder.File("a.png"), "--threshold", "0"],
            "compress" => ["compress", network, .. Quick],
            "demo" => ["demo"],
            "run" => ["run", network, folder.File("a.png")],
            "train" => ["train", "--weights", network, "--data", data, "--model.compress", "false", "--epochs", "1"],
            _ => [command, "--weights", network, "--data", data],
        };
        string[] settings =
            isDetector ? TestDetectors.QuickSettings
            : command == "demo" ? ["--quiet", "--device", "host"]
            : command == "train" ? [.. Small, "--dataloader.validation_fraction", "0.5"]
            : Small;
        using var results = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(results, TextWriter.Synchronized(error), false, clock, CancellationToken.None);
        var code = CommandLine.Run([.. arguments, .. more, "--output", output, .. settings], terminal);
        return new CliResult(code, results.ToString(), error.ToString());
    }

    /// <summary>A clock that does something when it is first looked at: when the work begins, after all checks.</summary>
    sealed class Trigger(Action action) : TimeProvider
    {
        int count;

        public Action Action => action;

        public bool IsOver => count > 0;

        public override long GetTimestamp()
        {
            if (Interlocked.Increment(ref count) == 1)
                action();
            return base.GetTimestamp();
        }
    }
}
