using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>What training says beside its results.</summary>
public sealed class TrainNotesTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TrainNotesTests() => IdxFiles.Write(folder.File("idx"), 24, 6);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_the_pth_beside_the_best_network_does_not_keep_is_said()
    {
        var result = Train("out", "--model.class_names", "[x, y, z]", "--format", "safetensors");
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Single(
            result.Error.Split('\n'),
            $"{folder.File("out/trained_models/best.pth")}: this file keeps no class names (model.class_names) and no "
                + "preprocessing (preprocessing.resize, crop, mean, deviation); give the keys whenever it is read, or use a .pqf"
        );
        string[] lines = ["network  resnet20 of width 4, 3 classes, images of 8×8, grey", "classes: [\"x\",\"y\",\"z\"]"];
        foreach (string name in (string[])["best.pqf", "best.safetensors"])
            Assert.All(lines, line => Assert.Contains(line, Cli.Run("inspect", folder.File($"out/trained_models/{name}")).Out));
    }

    [Theory]
    [InlineData("best.pth")]
    [InlineData("best.pqf")]
    public void A_compressed_network_that_is_trained_keeps_its_codes_and_is_called_compressed(string name)
    {
        Train("dense");
        string dense = folder.File("dense/trained_models/best.pqf");
        Train("small", ["--weights", dense, "--model.compress", "true", .. TestImages.QuickCompression]);
        string small = folder.File($"small/trained_models/{name}");
        var result = Train("out", "--weights", small);
        Assert.Equal(ExitCode.Success, result.Code);
        Assert.Contains("network  resnet20 of width 4, 3 classes, images of 8×8, grey (compressed)", result.Lines);
        Assert.Contains("grey (compressed)", File.ReadAllText(folder.File("out/results.txt")));
        const string Note = "codes stay as they are; pqf convert --dense decodes them to train all weights";
        Assert.Single(result.Error.Split('\n'), $"{small}: {Note}");
        Assert.Single(result.Error.Split('\n'), line => line.StartsWith("measuring norms: 24 images in ", StringComparison.Ordinal));
        // What it advises.
        Cli.Run("convert", small, folder.File("decoded.pqf"), "--dense");
        var decoded = Train("again", "--weights", folder.File("decoded.pqf"));
        Assert.Contains("network  resnet20 of width 4, 3 classes, images of 8×8, grey (dense)", decoded.Lines);
        Assert.DoesNotContain(Note, decoded.Error);
    }

    CliResult Train(string output, params string[] more) =>
        Cli.Run([
            "train-resnet",
            "--dataloader.idx_path",
            folder.File("idx"),
            "--output",
            folder.File(output),
            "--epochs",
            "1",
            .. more.Contains("--model.compress") ? [] : (string[])["--model.compress", "false"],
            .. TestImages.Network,
            .. more,
        ]);
}
