using System.Text.Json;
using System.Text.RegularExpressions;
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

    [Fact]
    public void A_network_that_was_compressed_before_is_measured_as_the_start_and_not_as_calibrated()
    {
        Train("dense");
        Train(
            "small",
            ["--weights", folder.File("dense/trained_models/best.pqf"), "--model.compress", "true", .. TestImages.QuickCompression]
        );
        var result = Train("out", "--weights", folder.File("small/trained_models/best.pqf"), "--json");
        Assert.Contains("\nstart      validation loss ", result.Error, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(result.Out);
        Assert.Equal("start", document.RootElement.GetProperty("initial").EnumerateArray().Single().GetProperty("name").GetString());
        foreach (string file in (string[])["results.txt", "report.md", "report.html"])
        {
            string text = File.ReadAllText(folder.File($"out/{file}"));
            Assert.Contains("start", text, StringComparison.Ordinal);
            Assert.DoesNotContain("calibrated", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_compressed_network_that_is_no_better_than_guessing_is_named_with_the_remedy(bool isCompressed)
    {
        const string Guesses = ": before the first step this network is no better than guessing, ";
        const string DenseGuesses = ": the dense network is no better than guessing on the images that validate: ";
        TestNetworks.Write(folder.File("dense.safetensors"));
        // Three classes of which a network of random weights for ten names none.
        foreach (string part in (string[])["train", "val"])
            TestNetworks.WriteImages(folder.File($"data/{part}"), "c7", "c8", "c9");
        string[] settings =
        [
            "--model.class_names",
            "c0,c1,c2,c3,c4,c5,c6,c7,c8,c9",
            .. TestNetworks.QuickSettings.Where(word => word != "--quiet"),
        ];
        string weights = folder.File("dense.safetensors");
        if (isCompressed)
        {
            Cli.Run(["compress", weights, "--output", folder.File("small"), .. settings]);
            weights = folder.File("small/resnet18.pqf");
        }

        var result = Cli.Run([
            "train",
            "--weights",
            weights,
            "--data",
            folder.File("data"),
            "--output",
            folder.File("out"),
            "--epochs",
            "1",
            .. settings,
        ]);
        Assert.True(result.Code == ExitCode.Success, result.Error);
        Assert.Contains(
            weights
                + (
                    isCompressed
                        ? Guesses
                            + "and training may not mend that. Measure the dense network with pqf evaluate: if it guesses too, its classes "
                            + "or preprocessing are wrong; if not, compress it with --calibrate DIR, compress it less, or give it to pqf "
                            + "train, which compresses and calibrates it first\n"
                        : DenseGuesses
                            + "it is not trained, or its classes or its preprocessing do not fit these images. Compressing it cannot make "
                            + "it better\n"
                ),
            result.Error,
            StringComparison.Ordinal
        );
        // What is said of the dense network is not said of its compressed form again.
        Assert.Single(result.Error.Split('\n'), line => line.Contains("better than guessing", StringComparison.Ordinal));
        // A dense network of random weights is to begin there.
        var dense = Cli.Run([
            "train",
            "--weights",
            folder.File("dense.safetensors"),
            "--data",
            folder.File("data"),
            "--output",
            folder.File("plain"),
            "--epochs",
            "1",
            "--model.compress",
            "false",
            .. settings,
        ]);
        Assert.True(dense.Code == ExitCode.Success, dense.Error);
        Assert.DoesNotContain("better than guessing", dense.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_dense_network_is_measured_before_it_is_compressed_and_a_loss_that_leaves_guesses_is_said()
    {
        Train("dense", "--epochs", "6", "--learning_rate", "0.01");
        string dense = folder.File("dense/trained_models/best.pqf");
        var measured = Cli.Run("evaluate", dense, "--dataloader.idx_path", folder.File("idx"), "--json");
        double accuracy = JsonDocument.Parse(measured.Out).RootElement.GetProperty("top1").GetProperty("value").GetDouble();
        // Two words of four values for all weights.
        var result = Train(
            "out",
            [
                "--weights",
                dense,
                "--model.compress",
                "true",
                "--json",
                .. TestImages.QuickCompression,
                "--model.compression_parameters.k",
                "1",
            ]
        );
        Assert.True(result.Code == ExitCode.Success, result.Error);
        var initial = JsonDocument.Parse(result.Out).RootElement.GetProperty("initial").EnumerateArray().ToArray();
        Assert.Equal(["dense", "quantised", "calibrated"], initial.Select(row => row.GetProperty("name").GetString()));
        Assert.Equal(accuracy, initial[0].GetProperty("validation").GetProperty("accuracy").GetDouble());
        Assert.Contains(
            $"{dense}: before the first step the compressed network is no better than guessing, although it is calibrated. Compress it "
                + "less\n",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.Matches("(?m)^dense .*accuracy", File.ReadAllText(folder.File("out/results.txt")));
    }

    [Theory]
    [InlineData("64", true)]
    [InlineData("12", false)]
    public void An_epoch_of_one_step_is_said(string batchSize, bool isSaid)
    {
        var result = Train("out", "--dataloader.batch_size", batchSize);
        Assert.Equal(
            isSaid ? 1 : 0,
            result
                .Error.Split('\n')
                .Count(line =>
                    line
                    == "an epoch is one step: its batch has all 24 training images; with "
                        + "--dataloader.batch_size 8 it has 3 steps, which learn more in the same time"
                )
        );
    }

    [Fact]
    public void A_training_that_lowers_the_accuracy_names_the_network_before_it_everywhere()
    {
        Train("dense", "--epochs", "6", "--learning_rate", "0.01");
        var result = Train("out", "--weights", folder.File("dense/trained_models/best.pqf"), "--learning_rate", "3", "--optimizer", "sgd");
        Assert.True(result.Code == ExitCode.Success, result.Error);
        string better = folder.File("out/trained_models/0.pqf");
        Assert.Contains($"; the better network is {better}\n", result.Error, StringComparison.Ordinal);
        Assert.Matches($"^better    start, before the first epoch, loss .*; {Regex.Escape(better)}$", result.Lines[^1]);
        Assert.Contains($"\nnext     pqf evaluate --weights {better} ", result.Error, StringComparison.Ordinal);
        Assert.Matches("(?m)^start .*, better than every epoch$", File.ReadAllText(folder.File("out/results.txt")));
        Assert.Contains("% accuracy before training, ", File.ReadAllText(folder.File("out/report.md")), StringComparison.Ordinal);
    }

    CliResult Train(string output, params string[] more) =>
        Cli.Run([
            "train-resnet",
            "--dataloader.idx_path",
            folder.File("idx"),
            "--output",
            folder.File(output),
            .. more.Contains("--epochs") ? [] : (string[])["--epochs", "1"],
            .. more.Contains("--model.compress") ? [] : (string[])["--model.compress", "false"],
            .. TestImages.Network,
            .. more,
        ]);
}
