using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Reporting;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Results;

/// <summary>Each command's document fits its schema, and holds the numbers of the lines.</summary>
public sealed class JsonTests : IDisposable
{
    static readonly string[] host = ["--device", "host", "--quiet"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Version()
    {
        var json = JsonCli.Run("version", ExitCode.Success, "--version");
        string line = Cli.Run("--version").Out;
        Assert.StartsWith($"pqf {json.At("version")} ", line.Replace(',', ' '), StringComparison.Ordinal);
        Assert.EndsWith($", {json.At("runtime")}, {json.At("platform")}\n", line, StringComparison.Ordinal);
        if (json.At("commit").GetString() is { } commit)
            Assert.Contains($"(commit {commit[..12]})", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Devices()
    {
        var json = JsonCli.Run("devices", ExitCode.Success, "devices");
        Assert.Equal("host", json.At("devices", 0, "id").GetString());
        Assert.Equal(Cli.Run("devices").Lines.Length, json.At("devices").GetArrayLength());
        Assert.True(json.At("devices", 0, "memoryBytes").GetInt64() > 1 << 20);
    }

    [Fact]
    public void Bench()
    {
        string model = TestGraphFiles.WritePqf(folder.File("a.pqf"));
        var json = JsonCli.Run("bench", ExitCode.Success, ["bench", model, "--batch", "1,3", .. host]);
        Assert.Equal([1, 3], json.At("batches").EnumerateArray().Select(batch => batch.At("batch").GetInt32()));
        AssertNetwork(Cli.Run(["bench", model, "--batch", "1", .. host]).Lines, json.At("network"));
        var speed = json.At("batches", 1);
        Assert.Equal(3000 / speed.At("medianMs").GetDouble(), speed.At("imagesPerSecond").GetDouble(), 1e-6);
    }

    [Fact]
    public void Classify()
    {
        string model = TestGraphFiles.WritePqf(folder.File("a.pqf"));
        TestNetworks.WriteImage(folder.File("x.png"), 1);
        folder.Write("bad.jpg", [1, 2, 3]);
        string[] arguments = ["classify", model, folder.File("x.png"), folder.File("bad.jpg"), "--top", "2", .. host];
        var json = JsonCli.Run("classify", ExitCode.Failure, arguments);
        var lines = Cli.Run(arguments).Lines;
        Assert.Equal(
            lines,
            json.At("images", 0, "classes")
                .EnumerateArray()
                .Select(one => $"  {Text(100 * one.At("probability").GetDouble(), "0.00"), 6} %  {one.At("name")}")
                .Prepend(folder.File("x.png"))
        );
        Assert.Equal(0, json.At("images", 1, "classes").GetArrayLength());
        Assert.StartsWith(folder.File("bad.jpg"), json.At("images", 1, "problem").GetString(), StringComparison.Ordinal);
        Assert.Equal("failure", json.At("error", "kind").GetString());
        Assert.Equal("1 of 2 photographs could not be decoded", json.At("error", "messages", 0).GetString());
    }

    [Fact]
    public void Run()
    {
        string model = TestGraphFiles.WritePqf(folder.File("a.pqf"));
        TestNetworks.WriteImage(folder.File("x.png"), 1);
        string[] arguments = ["run", model, folder.File("x.png"), "--output", folder.File("out"), .. host];
        var output = JsonCli.Run("run", ExitCode.Success, arguments).At("outputs", 0);
        string[] fields = Cli.Run(arguments).Lines[1].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(
            [
                output.At("name").GetString(),
                $"[{string.Join(", ", output.At("shape").EnumerateArray())}]",
                Text(output.At("least").GetDouble(), "G6"),
                Text(output.At("largest").GetDouble(), "G6"),
                output.At("file").GetString(),
            ],
            fields
        );
    }

    [Fact]
    public void Inspect_and_convert()
    {
        string model = TestGraphFiles.WritePqf(folder.File("a.pqf"));
        var json = JsonCli.Run("inspect", ExitCode.Success, "inspect", model);
        var lines = Cli.Run("inspect", model).Lines;
        AssertNetwork([.. lines.SkipWhile(line => !line.StartsWith("network ", StringComparison.Ordinal)).Take(2)], json.At("network"));
        Assert.Contains(
            $"{json.At("tensors").GetArrayLength()} tensors, ",
            lines.Single(line => line.Contains(" tensors, ", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
        Assert.Equal(json.At("network", "sizeBits").GetInt64(), json.At("layers").EnumerateArray().Sum(row => row.At("bits").GetInt64()));

        var converted = JsonCli.Run("convert", ExitCode.Success, "convert", model, folder.File("b.pth"), "--quiet");
        Assert.Equal(new FileInfo(folder.File("b.pth")).Length, converted.At("sizeBytes").GetInt64());
        Assert.Contains("graph of the network", converted.At("notKept").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_of_a_file_that_holds_no_network()
    {
        Safetensors
            .Write(folder.File("a.safetensors"), [StoredTensor.FromSingles("x\u001b[2J", [2], [1, 2])], new Dictionary<string, string>())
            .Value();
        var json = JsonCli.Run("inspect", ExitCode.Success, "inspect", folder.File("a.safetensors"));
        Assert.Equal(JsonValueKind.Null, json.At("network").ValueKind);
        Assert.NotEqual(0, json.At("problems").GetArrayLength());
        Assert.StartsWith("x\u001b[2J", json.At("tensors", 0, "name").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', Cli.Run("inspect", folder.File("a.safetensors"), "--json").Out);
    }

    [Fact]
    public void Compress_and_evaluate()
    {
        IdxFiles.Write(folder.File("idx"), 12, 12);
        string[] train =
        [
            "train",
            "--dataloader.idx_path",
            folder.File("idx"),
            .. TestImages.Network,
            "--model.compress",
            "false",
            "--quiet",
        ];
        var trained = JsonCli.Run("train", ExitCode.Success, [.. train, "--epochs", "2", "--output", folder.File("json")]);
        var text = Cli.Run([.. train, "--epochs", "2", "--output", folder.File("text")]);
        AssertNetwork(text.Lines, trained.At("network"));
        Assert.Equal(
            // The document has the count of images once, and no interval.
            text.Lines.Where(line => line.StartsWith("epoch ", StringComparison.Ordinal))
                .Select(line => Regex.Replace(line, @" \([0-9]+ of 12; 95 %: [0-9. …]+\)", "")),
            trained.At("epochs").EnumerateArray().Select(EpochLine)
        );
        Assert.StartsWith($"best      epoch {trained.At("best", "epoch")}, ", text.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(folder.File("json/trained_models/best.pqf"), trained.At("best", "file").GetString());

        string dense = folder.File("json/trained_models/best.pqf");
        string[] compress = ["compress", dense, .. TestImages.QuickCompression, "--format", "pqf,onnx", .. host];
        var compressed = JsonCli.Run("compress", ExitCode.Success, [.. compress, "--output", folder.File("a")]);
        text = Cli.Run([.. compress, "--output", folder.File("b")]);
        AssertNetwork(text.Lines[^2..], compressed.At("network"));
        Assert.Equal(
            $"quantised {compressed.At("layers").GetArrayLength()} layers: relative error of weights "
                + $"{Text(compressed.At("meanRelativeError").GetDouble(), "0.0000")} on average",
            text.Lines[^3]
        );
        Assert.All(
            compressed.At("files").EnumerateArray(),
            file => Assert.Equal(new FileInfo(file.At("path").GetString()!).Length, file.At("sizeBytes").GetInt64())
        );

        string[] evaluate = ["evaluate", "--weights", dense, "--dataloader.idx_path", folder.File("idx"), .. host];
        var measured = JsonCli.Run("evaluate-classifier", ExitCode.Success, evaluate);
        text = Cli.Run(evaluate);
        AssertNetwork(text.Lines, measured.At("network"));
        var top1 = measured.At("top1");
        Assert.Equal(
            $"top-1    {top1.At("correct")}/{top1.At("count")} = {Text(100 * top1.At("value").GetDouble(), "0.00")} % (95 % interval "
                + $"{Text(100 * top1.At("low").GetDouble(), "0.00")} … {Text(100 * top1.At("high").GetDouble(), "0.00")})",
            text.Lines[2]
        );
        Assert.Equal(JsonValueKind.Null, measured.At("top5").ValueKind);
    }

    [Fact]
    public void Detectors()
    {
        TestDetectors.Write(folder.File("net.safetensors"));
        TestDetectors.WriteImages(folder.File("coco"));
        string photograph = folder.File("coco/val2017/1.png");
        string[] detect = ["detect", folder.File("net.safetensors"), photograph, "--threshold", "0", .. TestDetectors.QuickSettings];
        var found = JsonCli.Run("detect", ExitCode.Success, [.. detect, "--profile", "--output", folder.File("a")]);
        Assert.Equal(
            Cli.Run([.. detect, "--output", folder.File("b")]).Lines[..^1],
            found.At("images", 0, "objects").EnumerateArray().Select(ObjectLine).Prepend(photograph)
        );
        Assert.NotEqual(0, found.At("stages").GetArrayLength());
        Assert.True(File.Exists(found.At("images", 0, "picture").GetString()));
        Assert.True(File.Exists(found.At("file").GetString()));

        string[] evaluate =
        [
            "evaluate",
            "--weights",
            folder.File("net.safetensors"),
            "--dataloader.coco_path",
            folder.File("coco"),
            .. TestDetectors.QuickSettings,
        ];
        var measured = JsonCli.Run("evaluate-detector", ExitCode.Success, evaluate);
        string[] names = ["ap", "ap50", "ap75", "apSmall", "apMedium", "apLarge", "ar1", "ar10", "ar100", "arSmall", "arMedium", "arLarge"];
        Assert.Equal(
            Cli.Run(evaluate)
                .Lines.Single(line => line.StartsWith("box ", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Skip(1),
            names.Select(name =>
                measured.At("box", name) is { ValueKind: JsonValueKind.Number } number ? Text(100 * number.GetDouble(), "0.0") : "-"
            )
        );
    }

    [Fact]
    public void Demo()
    {
        var network = new NetworkSummary("resnet20", "compressed", 10, 28, 28, 1, false, 100, 4200);
        var compressed = new CompressResult("out", [new WrittenFile("out/a.pqf", 13, 0, null)], null, [], 0.25, network);
        var result = new DemoResult([new DemoStage("dense", 4200, 1, new Share(3, 4))], compressed, "out/report.html", 2.5);
        var json = JsonCli.Check("demo", ResultOutput.Text(result));
        Assert.Equal(0.75, json.At("networks", 0, "accuracy", "value").GetDouble());
        Assert.Contains("75.00 %", string.Join('\n', result.Lines()), StringComparison.Ordinal);
        Assert.Equal("done in 2.5 s; open out/report.html", result.Lines().Last());
        AssertNetwork([.. result.Lines().Skip(1)], json.At("compressed", "network"));
    }

    [Fact]
    public void Errors_are_one_document_and_the_lines_stay()
    {
        var failed = Cli.Run("inspect", folder.File("absent.pqf"), "--json");
        Assert.Equal($"error: {folder.File("absent.pqf")}: not found", failed.ErrorLine);
        var error = JsonCli.Run("error", ExitCode.Failure, "inspect", folder.File("absent.pqf")).At("error");
        Assert.Equal($"{folder.File("absent.pqf")}: not found", error.At("messages", 0).GetString());
        Assert.Equal((1, "failure"), (error.At("code").GetInt32(), error.At("kind").GetString()));

        var usage = JsonCli.Run("error", ExitCode.Usage, "devices", "--epochs", "x", "--model.arh", "y").At("error");
        Assert.Equal((2, "usage", 2), (usage.At("code").GetInt32(), usage.At("kind").GetString(), usage.At("messages").GetArrayLength()));
        Assert.Equal("usage", JsonCli.Run("error", ExitCode.Usage, "comprss").At("error", "kind").GetString());
        Assert.Equal("usage", JsonCli.Run("error", ExitCode.Usage, "devices", "extra").At("error", "kind").GetString());

        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        TestNetworks.WriteImage(folder.File("x.png"), 1);
        string model = TestGraphFiles.WritePqf(folder.File("a.pqf"));
        var interrupted = Cli.Run(cancelled.Token, ["bench", model, "--json", .. host]);
        Assert.Equal("interrupted", JsonCli.Check("error", interrupted.Out).At("error", "kind").GetString());
    }

    [Fact]
    public void Numbers_that_JSON_does_not_have_are_null_and_marks_of_direction_are_escaped()
    {
        string text = ResultOutput.Text(new RunResult([OutputFile.Of("a\u202eb", [2], [float.NaN, 1], "x.npy")]));
        Assert.Contains(@"a\u202eb", text, StringComparison.Ordinal);
        var output = JsonCli.Check("run", text).At("outputs", 0);
        Assert.Equal((JsonValueKind.Null, "a\u202eb"), (output.At("least").ValueKind, output.At("name").GetString()));
    }

    static void AssertNetwork(string[] lines, JsonElement network)
    {
        Assert.StartsWith($"network  {network.At("name")}, ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith($" ({network.At("format")})", lines[0], StringComparison.Ordinal);
        Assert.Contains($"images of {network.At("height")}×{network.At("width")}, ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"size     {Text(network.At("sizeBits").GetInt64(), "N0")} bits = ", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(
            network.At("sizeBits").GetInt64() == network.At("denseBits").GetInt64()
                ? " MiB"
                : $"; {Text(network.At("ratio").GetDouble(), "0.00")} times smaller than the dense network's "
                    + $"{Text(network.At("denseBits").GetInt64(), "N0")} bits",
            lines[1],
            StringComparison.Ordinal
        );
    }

    static string EpochLine(JsonElement epoch) =>
        $"epoch {epoch.At("number"), 3}  train {Metrics(epoch.At("training"))}; validation {Metrics(epoch.At("validation"))}; learning rate "
        + Text(epoch.At("learningRate").GetDouble(), "g3");

    static string Metrics(JsonElement metrics) =>
        $"loss {Text(metrics.At("loss").GetDouble(), "0.0000")}, accuracy {Text(100 * metrics.At("accuracy").GetDouble(), "0.00")} %";

    static string ObjectLine(JsonElement found)
    {
        string Side(string name) => Text(found.At("box", name).GetDouble(), "0");
        return $"  {Text(100 * found.At("score").GetDouble(), "0.00"), 6} %  {found.At("name")} at {Side("x")}, {Side("y")}, {Side("width")} × "
            + Side("height");
    }

    static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
