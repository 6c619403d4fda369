using Pqf.Cli.Shell;
using Pqf.Compression.Reporting;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class InspectTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_of_anything_shows_its_tensors_and_totals()
    {
        Safetensors.Write(
            folder.File("x.safetensors"),
            [StoredTensor.FromSingles("b", [2, 3], new float[6]), StoredTensor.FromValues<byte>("a", DType.U8, [5], new byte[5])],
            new Dictionary<string, string> { ["note"] = "hello" }
        );
        var result = Cli.Run("inspect", folder.File("x.safetensors"));
        Assert.Equal((ExitCode.Success, ""), (result.Code, result.Error));
        Assert.Contains("  note: hello\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("2 tensors, 11 values, 29 bytes\n", result.Out, StringComparison.Ordinal);
        Assert.Contains("no known architecture has its layers", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pqf_file_is_called_one()
    {
        string path = SharedData.Path("cases/abc.pqf");
        Assert.StartsWith($"{path}: pqf, version 1, ", Cli.Run("inspect", path).Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_size_of_a_file_behind_a_link_is_the_file_s()
    {
        string path = TestGraphFiles.WriteOnnx(folder.File("net.onnx")),
            link = folder.File("link.onnx");
        File.CreateSymbolicLink(link, path);
        string line = Cli.Run("inspect", link).Lines[0];
        Assert.Equal(Cli.Run("inspect", path).Lines[0].Replace(path, link, StringComparison.Ordinal), line);
        Assert.EndsWith($", {new FileInfo(path).Length:N0} bytes", line, StringComparison.Ordinal);
    }

    // Bits and ratios of the paper's table.
    [Theory]
    [InlineData("resnet18", "size     12,927,232 bits = 1.541 MiB; 28.94 times smaller than the dense network's 374,064,384 bits")]
    [InlineData("resnet18_large", "size     8,634,624 bits = 1.029 MiB; 43.32 times smaller than the dense network's 374,064,384 bits")]
    [InlineData("resnet50_large", "size     26,718,976 bits = 3.185 MiB; 30.61 times smaller than the dense network's 817,825,024 bits")]
    public void Published_networks_count_to_the_bit(string name, string expected)
    {
        var result = Cli.Run("inspect", SharedData.Path($"published/{name}.pth"));
        Assert.Equal(expected, result.Lines.Single(line => line.StartsWith("size ", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_network_comes_before_its_layers_and_tensors_only_on_request()
    {
        string path = TestGraphFiles.WriteOnnx(folder.File("net.onnx"));
        var brief = Cli.Run("inspect", path);
        string[] lines = brief.Lines;
        Assert.True(
            Array.FindIndex(lines, line => line.StartsWith("network  net, ", StringComparison.Ordinal))
                < Array.FindIndex(lines, line => line.StartsWith("layer ", StringComparison.Ordinal)),
            brief.Out
        );
        Assert.EndsWith(" bytes; --tensors lists them", lines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(lines, line => line.StartsWith("tensor ", StringComparison.Ordinal));
        string[] all = Cli.Run("inspect", path, "--tensors").Lines;
        Assert.Equal(lines[..^1], all[..(lines.Length - 1)]);
        Assert.StartsWith("tensor ", all[lines.Length - 1], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_layer_shows_k_d_and_bits()
    {
        var result = Cli.Run("inspect", SharedData.Path("published/resnet18.pth"));
        // 1000 × 128 codes of 11 bits, 2048 × 4 halves, 1000 biases.
        Assert.Contains(
            result.Lines,
            line =>
                string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                == "fc [1000, 512] 2,048 4 1,571,072 16,416,000 10.45"
        );
        Assert.Contains(
            result.Lines,
            line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)) == "conv1 [64, 3, 7, 7] 301,056 301,056 1.00"
        );
    }

    [Fact]
    public void A_graph_is_shown_as_text_within_120_columns()
    {
        string path = TestGraphFiles.WritePqf(folder.File("small.pqf"));
        string[] lines = Cli.Run("inspect", path).Lines;
        int title = Array.FindIndex(lines, line => line.StartsWith("layer  ", StringComparison.Ordinal));
        string[] rows = [.. lines.Skip(title + 1).Take(14)];
        Assert.Equal(
            [
                "Input 3×16×16",
                // 8 · 3 · 9 weights; their products at 256 pixels. The images stay as they are; the stem is not quantised.
                "stem Conv2d 8×16×16 216 55,296 →1",
                "stem_norm BatchNorm 8×16×16 16 1",
                "Relu 8×16×16",
                // A filter goes where its channel goes.
                "depthwise Conv2d 8×8×8 72 4,608 →1",
                "depthwise_norm BatchNorm 8×8×8 16 1",
                "Relu 8×8×8",
                "project Conv2d 16×8×8 128 8,192 1→2 4",
                "norm BatchNorm 16×8×8 32 2",
                "HardSwish 16×8×8",
                "GlobalAvgPool 16×1×1",
                "Flatten 16",
                "head Linear 5 85 80 2→ 4",
                "Softmax 5",
            ],
            rows.Select(row => string.Join(' ', row.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        );
        Assert.All(rows, row => Assert.InRange(row.Length, 1, 120));
    }

    [Theory]
    [InlineData("abc", 5, "abc")]
    [InlineData("abcdefgh", 5, "ab…gh")]
    [InlineData("abcdefgh", 6, "abc…gh")]
    public void Long_names_are_cut_in_the_middle(string name, int length, string expected) =>
        Assert.Equal(expected, GraphTable.Middle(name, length));
}
