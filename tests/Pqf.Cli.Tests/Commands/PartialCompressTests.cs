using System.Text;
using System.Text.Json.Nodes;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Compressing and inspecting an ONNX model whose network is not run.</summary>
public class PartialCompressTests
{
    static readonly string[] Fast = ["--model.compression_parameters.k_means_n_iters", "2"];

    [Fact]
    public void A_model_that_is_not_run_is_compressed_as_onnx()
    {
        using var folder = new TemporaryFolder();
        string model = Write(folder);
        var result = Cli.Run(["compress", model, "--output", folder.File("out"), .. Fast]);
        Assert.Equal(ExitCode.Success, result.Code);
        string written = folder.File("out/hard.onnx");
        Assert.StartsWith($"wrote    {written} (", result.Lines[0], StringComparison.Ordinal);
        Assert.Contains(" times smaller than the model's ", result.Lines[^1], StringComparison.Ordinal);
        Assert.Contains($"{model}: this network is not run: Hardmax (1)\n", result.Error, StringComparison.Ordinal);
        Assert.Contains(
            $"{model}: the weights of 4 convolutions and linear layers are compressed, all else is passed through as it is; channels keep "
                + "their order, nothing is calibrated, and the outputs are not checked\n",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Contains($"{model}: written as .onnx, as no other format holds what is not run\n", result.Error, StringComparison.Ordinal);
        Assert.Equal(["hard.onnx", "layers.csv"], Files(folder.File("out")));
        Assert.Equal(
            ["depthwise", "head", "layer", "project", "stem"],
            File.ReadAllLines(folder.File("out/layers.csv")).Select(line => line.Split(',')[0]).Order(Order)
        );
        Assert.InRange(new FileInfo(written).Length, 1, new FileInfo(model).Length - 1);
    }

    [Fact]
    public void The_format_is_not_noted_where_it_is_asked_for()
    {
        using var folder = new TemporaryFolder();
        var result = Cli.Run(["compress", Write(folder), "--output", folder.File("out"), "--format", "onnx", .. Fast]);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.DoesNotContain("written as .onnx", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--calibrate: layers are fitted to what the network gives, but {0} is not run: Hardmax (1)", "--calibrate", "photographs")]
    [InlineData(
        "--format: expected onnx, as no other format holds the parts of {0} that are not run (Hardmax (1)), got pqf, onnx",
        "--format",
        "pqf,onnx"
    )]
    [InlineData(
        "--format: expected onnx, as no other format holds the parts of {0} that are not run (Hardmax (1)), got pqf",
        "--format",
        "pqf"
    )]
    [InlineData("model.class_count: a new head needs a network that is run, but {0} is not: Hardmax (1)", "--model.class_count", "3")]
    [InlineData("--dry-run: expected a network that is run, but {0} is not: Hardmax (1)", "--dry-run")]
    public void What_only_a_network_that_is_run_can_have_is_an_error(string expected, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        string model = Write(folder);
        var result = Cli.Run(["compress", model, "--output", folder.File("out"), .. arguments]);
        Assert.NotEqual(ExitCode.Success, result.Code);
        Assert.EndsWith(string.Format(null, expected, model), result.ErrorLine, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("out")));
    }

    [Fact]
    public void The_document_of_a_program_has_what_the_lines_have()
    {
        using var folder = new TemporaryFolder();
        var result = Cli.Run(["compress", Write(folder), "--output", folder.File("out"), "--json", .. Fast]);
        var document = JsonNode.Parse(result.Out)!;
        Assert.Equal(new FileInfo(folder.File("out/hard.onnx")).Length, (long)document["sizeBytes"]!);
        Assert.Equal("Hardmax", (string?)document["operators"]![0]!["name"]);
    }

    [Fact]
    public void The_model_itself_is_not_overwritten()
    {
        using var folder = new TemporaryFolder();
        string model = Write(folder);
        byte[] before = File.ReadAllBytes(model);
        var result = Cli.Run("compress", model, "--output", folder.Path);
        Assert.EndsWith(
            $"--output: expected another folder than that of {model}, which would be overwritten",
            result.ErrorLine,
            StringComparison.Ordinal
        );
        Assert.Equal(before, File.ReadAllBytes(model));
    }

    [Fact]
    public void A_model_that_compress_wrote_is_not_compressed_again()
    {
        using var folder = new TemporaryFolder();
        Cli.Run(["compress", Write(folder), "--output", folder.File("out"), .. Fast]);
        var result = Cli.Run(["compress", folder.File("out/hard.onnx"), "--output", folder.File("again"), .. Fast]);
        Assert.NotEqual(ExitCode.Success, result.Code);
        Assert.Contains("would not get smaller", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_says_what_is_not_run_and_what_can_be_compressed()
    {
        using var folder = new TemporaryFolder();
        var result = Cli.Run("inspect", Write(folder));
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains(": operator Hardmax is not supported", result.Out, StringComparison.Ordinal);
        Assert.Contains(
            "pqf compress still compresses the weights of its 4 convolutions and linear layers, and leaves the rest as it is",
            result.Lines
        );
    }

    static readonly StringComparer Order = StringComparer.Ordinal;

    /// <summary>A small classifier whose softmax is another operation, with a name as long.</summary>
    internal static string Write(TemporaryFolder folder)
    {
        byte[] model = File.ReadAllBytes(TestGraphFiles.WriteOnnx(folder.File("soft.onnx")));
        File.Delete(folder.File("soft.onnx"));
        string text = Encoding.Latin1.GetString(model).Replace("Softmax", "Hardmax", StringComparison.Ordinal);
        return folder.Write("hard.onnx", Encoding.Latin1.GetBytes(text));
    }

    static IEnumerable<string?> Files(string folder) => Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(Order);
}
