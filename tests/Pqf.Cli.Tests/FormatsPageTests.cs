using System.Text.Json;
using System.Text.RegularExpressions;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests;

/// <summary>The reader in Python of docs/formats.md.</summary>
public sealed partial class FormatsPageTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_pages_reader_prints_the_weights_that_convert_writes()
    {
        TestNetworks.Write(folder.File("net.safetensors"));
        Cli.Run(["compress", "--weights", folder.File("net.safetensors"), "--output", folder.Path, .. TestNetworks.QuickSettings]);
        Cli.Run("convert", folder.File("resnet18.pqf"), folder.File("decoded.safetensors"), "--dense");

        string output = Python.Run("json, struct", Reader(), folder.File("resnet18.pqf"));

        using var file = TensorFiles.Open(folder.File("decoded.safetensors")).Value();
        string[] lines = output.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Length, 15, 21);
        Assert.All(
            lines,
            line =>
            {
                string[] words = line.Split(' ', 2);
                var weight = file.ByName[$"{words[0]}.weight"];
                float[] values = new float[weight.Shape.Count];
                weight.ReadSingles(values);
                Assert.Equal(values[..4], JsonSerializer.Deserialize<float[]>(words[1]));
            }
        );
    }

    [Fact]
    public void The_page_names_every_kind_of_layer_and_its_options()
    {
        string page = File.ReadAllText(Path.Combine(SharedData.Repository, "docs", "formats.md"));
        string[] sources = Directory.GetFiles(Path.Combine(SharedData.Repository, "src/Pqf.Nets/Graphs/Text"), "*Forms.cs");
        string code = string.Concat(
            sources.Append(Path.Combine(SharedData.Repository, "src/Pqf.Nets/Graphs/Text/LayerForm.cs")).Select(File.ReadAllText)
        );
        string[] words = [.. Quoted().Matches(code).Select(match => match.Groups[1].Value).Distinct()];
        Assert.InRange(words.Length, 60, 200);
        Assert.All(words, word => Assert.Contains($"`{word}`", page, StringComparison.Ordinal));
    }

    [GeneratedRegex("""[^$]"([A-Za-z0-9_]+)"[,)]""")]
    private static partial Regex Quoted();

    static string Reader() =>
        File.ReadAllText(Path.Combine(SharedData.Repository, "docs", "formats.md")).Split("```python\n")[1].Split("```")[0];
}
