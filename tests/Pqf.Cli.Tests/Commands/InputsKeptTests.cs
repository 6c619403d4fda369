using Pqf.Cli.Shell;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>No command writes over a file that it reads, however the two paths are written.</summary>
public sealed class InputsKeptTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("out/net.onnx", "compress {in} --format onnx")]
    [InlineData("out/net.onnx", "compress {in} --format onnx --dry-run")]
    [InlineData("out/net.onnx", "compress --weights {in} --format pqf,onnx")]
    [InlineData("out/net.pqf", "compress {onnx} --model.class_names {in}")]
    [InlineData("out/layers.csv", "compress {onnx} --model.class_names {in}")]
    [InlineData("out/scores_of_classes.npy", "run {onnx} {in}")]
    [InlineData("out/report.html", "train {onnx} --data {data} --model.class_names {in}")]
    [InlineData("out/trained_models/best.pqf", "train {onnx} --data {data} --distill {in}")]
    [InlineData("out/trained_models/3.onnx", "train {in} --data {data}")]
    [InlineData("out/config.yaml", "train {onnx} --data {data} --config {in}")]
    [InlineData("out/confusion.csv", "evaluate {net} --data {data} --config {in}")]
    [InlineData("out/report.md", "compare {net} {net} --data {data} --config {in}")]
    [InlineData("out/categories.csv", "evaluate-maskrcnn {detector} --data {coco} --config {in}")]
    [InlineData("out/a.png", "detect {detector} {in}")]
    [InlineData("out/results.json", "detect {detector} {photo} --model.class_names {in}")]
    [InlineData("out/steps.csv", "demo --config {in}")]
    public void An_output_that_is_an_input_is_refused_before_the_work(string input, string command)
    {
        string path = Write(input, command);
        byte[] before = File.ReadAllBytes(path);
        Directory.CreateSymbolicLink(folder.File("link"), folder.File("out"));
        foreach (string output in (string[])["out", "out/", "link", "./out/../link/"])
        {
            var result = Run(command, path, "--output", $"{folder.File("")}/{output}");
            Assert.Equal(
                (ExitCode.Usage, $"error: command line: --output: expected another folder than that of {path}, which would be overwritten"),
                (result.Code, result.ErrorLine)
            );
        }

        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData("net.safetensors")]
    [InlineData("./net.safetensors")]
    [InlineData("link.safetensors")]
    [InlineData("linked/net.safetensors")]
    public void Convert_does_not_write_over_its_input(string output)
    {
        string path = Write("net.safetensors", "");
        byte[] before = File.ReadAllBytes(path);
        File.CreateSymbolicLink(folder.File("link.safetensors"), path);
        Directory.CreateSymbolicLink(folder.File("linked"), folder.File(""));
        var result = Cli.Run("convert", path, $"{folder.File("")}/{output}");
        Assert.Equal(
            (ExitCode.Usage, $"error: command line: out: expected another file than {path}, which would be overwritten"),
            (result.Code, result.ErrorLine)
        );
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void Convert_replaces_a_file_that_is_not_its_input()
    {
        string path = Write("net.safetensors", "");
        File.WriteAllText(folder.File("old.pth"), "old");
        Assert.Equal(ExitCode.Success, Cli.Run("convert", path, folder.File("old.pth")).Code);
        Assert.NotEqual("old", File.ReadAllText(folder.File("old.pth")));
    }

    string Write(string input, string command)
    {
        string path = folder.File(input);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        TestGraphFiles.WriteOnnx(folder.File("net.onnx"));
        TestNetworks.Write(folder.File("net.safetensors"), classCount: 2);
        TestNetworks.WriteImages(folder.File("data"));
        TestNetworks.WriteImage(folder.File("photo.png"), 1);
        if (command.Contains("{detector}", StringComparison.Ordinal))
        {
            TestDetectors.Write(folder.File("detector.safetensors"));
            TestDetectors.WriteImages(folder.File("coco"));
        }

        if (path.EndsWith(".onnx", StringComparison.Ordinal))
            File.Move(folder.File("net.onnx"), path);
        else if (path.EndsWith(".png", StringComparison.Ordinal))
            File.Move(folder.File("photo.png"), path);
        else if (path.EndsWith(".npy", StringComparison.Ordinal))
            NpyFile.Write(path, StoredTensor.FromSingles("x", [1, 3, 16, 16], new float[768])).Value();
        else if (!File.Exists(path))
            File.WriteAllText(path, command.Contains("--config", StringComparison.Ordinal) ? "seed: 1\n" : "a\nb\nc\nd\ne\n");
        return path;
    }

    CliResult Run(string command, string input, params string[] more) =>
        Cli.Run([
            .. command
                .Replace("{in}", input, StringComparison.Ordinal)
                .Replace("{net}", folder.File("net.safetensors"), StringComparison.Ordinal)
                .Replace("{onnx}", folder.File("net.onnx"), StringComparison.Ordinal)
                .Replace("{detector}", folder.File("detector.safetensors"), StringComparison.Ordinal)
                .Replace("{data}", folder.File("data"), StringComparison.Ordinal)
                .Replace("{coco}", folder.File("coco"), StringComparison.Ordinal)
                .Replace("{photo}", folder.File("photo.png"), StringComparison.Ordinal)
                .Split(' '),
            "--quiet",
            "--device",
            "host",
            .. more,
        ]);
}
