using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Nets.Weights;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Pqf.Testing.TensorBoard;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

public sealed class TrainTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TrainTests() => IdxFiles.Write(folder.File("idx"), 44, 12);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_network_trained_from_scratch_is_written_after_each_epoch()
    {
        var result = Train("out", "--model.compress", "false", "--epochs", "3", "--learning_rate", "0.01", "--format", "safetensors");
        Assert.Equal((ExitCode.Success, ""), (result.Code, result.Error));
        Assert.Equal(
            [
                .. ((string[])["0", "1", "2", "3", "best"]).SelectMany(name =>
                    (string[])[$"{name}.pqf", $"{name}.pth", $"{name}.safetensors"]
                ),
            ],
            Names("out/trained_models")
        );
        Assert.Equal(["0.state", "1.state", "2.state", "3.state"], Names("out/states"));
        Assert.Contains($"report   {folder.File("out/report.html")}", result.Lines);
        string[][] epochs =
        [
            .. PageRules
                .Check(File.ReadAllText(folder.File("out/report.html")))
                .Descendants("tbody")
                .Single()
                .Elements("tr")
                .Select(row => row.Elements("td").Select(cell => cell.Value).ToArray()),
        ];
        Assert.Equal(["1", "2", "3"], epochs.Select(cells => cells[0]).Where(name => int.TryParse(name, out int _)));
        string[] rows = File.ReadAllLines(folder.File("out/metrics.csv"));
        Assert.Equal("epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,learning_rate", rows[0]);
        Assert.Equal(["1", "2", "3"], rows.Skip(1).Select(row => row.Split(',')[0]));
        string results = File.ReadAllText(folder.File("out/results.txt"));
        Assert.Contains("network  resnet20 of width 4, 3 classes, images of 8×8, grey (dense)\n", results, StringComparison.Ordinal);
        Assert.Contains("\nstart        loss ", results, StringComparison.Ordinal);
        Assert.Contains("\nepoch 3      loss ", results, StringComparison.Ordinal);
        Assert.Single(results.Split('\n'), line => line.EndsWith(", the best", StringComparison.Ordinal));
        Assert.StartsWith("best      epoch ", result.Lines[^1], StringComparison.Ordinal);
        string inspected = Cli.Run("inspect", folder.File("out/trained_models/best.pqf"), "--tensors").Out;
        Assert.Contains("resnet20 of width 4", inspected, StringComparison.Ordinal);
    }

    [Fact]
    public void A_compressed_network_is_measured_as_quantised_and_as_calibrated_and_then_trained()
    {
        Train("dense", "--model.compress", "false", "--epochs", "6", "--learning_rate", "0.01");
        var result = Train(
            "out",
            ["--weights", folder.File("dense/trained_models/best.pth"), "--epochs", "2", .. TestImages.QuickCompression]
        );
        Assert.Equal((ExitCode.Success, ""), (result.Code, result.Error));
        Assert.StartsWith("dense      validation loss ", result.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("quantised  validation loss ", result.Lines[1], StringComparison.Ordinal);
        Assert.Contains("(compressed)", result.Lines[2], StringComparison.Ordinal);
        Assert.Matches("^size     .* bits = .* times smaller than the dense network's ", result.Lines[3]);
        Assert.StartsWith("calibrated  validation loss ", result.Lines[4], StringComparison.Ordinal);
        Assert.StartsWith("epoch   1  train loss ", result.Lines[5], StringComparison.Ordinal);
        string inspected = Cli.Run("inspect", folder.File("out/trained_models/best.pqf"), "--tensors").Out;
        Assert.Contains("best.pth", inspected, StringComparison.Ordinal);
        Assert.Contains("layer1.0.conv1.codes_matrix", inspected, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_of_IDX_files_is_measured_and_calibrated_on_them()
    {
        Train("dense", "--model.compress", "false", "--epochs", "4", "--learning_rate", "0.01");
        double best = File.ReadAllLines(folder.File("dense/metrics.csv"))
            .Skip(1)
            .Max(row => double.Parse(row.Split(',')[4], CultureInfo.InvariantCulture));
        string weights = folder.File("dense/trained_models/best.pqf");
        var measured = Cli.Run("evaluate-resnet", "--quiet", "--weights", weights, "--dataloader.idx_path", folder.File("idx"));
        Assert.Equal((ExitCode.Success, ""), (measured.Code, measured.Error));
        Assert.Contains($"top-1    {Math.Round(12 * best)}/12 ", measured.Out, StringComparison.Ordinal);
        var compressed = Cli.Run([
            "compress",
            "--weights",
            weights,
            "--output",
            folder.File("small"),
            "--calibrate",
            folder.File("idx"),
            "--dataloader.batch_size",
            "4",
            .. TestImages.QuickCompression,
        ]);
        Assert.Equal(ExitCode.Success, compressed.Code);
        Assert.Contains("reconstructing", compressed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_compressed_network_is_trained_on()
    {
        Train("dense", "--model.compress", "false", "--epochs", "1");
        Train("out", ["--weights", folder.File("dense/trained_models/best.pth"), "--epochs", "0", .. TestImages.QuickCompression]);
        var result = Train(
            "more",
            "--weights",
            folder.File("out/trained_models/0.pqf"),
            "--epochs",
            "1",
            "--distill",
            folder.File("dense/trained_models/best.pth"),
            "--label_smoothing",
            "0.1"
        );
        Assert.Equal((ExitCode.Success, ""), (result.Code, result.Error));
        Assert.Contains("(compressed)", result.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_left_out_of_a_teachers_file_is_said()
    {
        Train("dense", "--model.compress", "false", "--epochs", "1");
        string teacher = folder.File("teacher.safetensors");
        using (var host = new HostDevice())
        using (host.BeginScope())
        {
            var network = Network.Load(folder.File("dense/trained_models/best.pth"), host).Value();
            Safetensors
                .Write(
                    teacher,
                    [.. StateDict.Dense(network.Graph, network.Parameters), StoredTensor.FromSingles("criterion.center", [2], [1, 2])],
                    new Dictionary<string, string>()
                )
                .Value();
        }

        string[] arguments = Arguments("more", ["--model.compress", "false", "--epochs", "0", "--distill", teacher]);
        Assert.Contains(
            $"{teacher}: 1 tensor is not the network's and left out: criterion.center",
            Cli.Run([.. arguments.Where(argument => argument != "--quiet")]).Error.Split('\n')
        );
    }

    [Fact]
    public void The_event_files_hold_losses_accuracies_rates_and_texts()
    {
        Train("out", "--model.compress", "false", "--epochs", "2");
        var events = Events("out");
        // 44 images in batches of 8: six steps an epoch.
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], events.Where(value => value.Tag == "Train/loss").Select(value => value.Step));
        Assert.Equal(12, events.Count(value => value.Tag == "Train/accuracy"));
        Assert.Equal(0.001f, events.First(value => value.Tag == "Train/learning_rate").Number);
        Assert.Equal([6, 12], events.Where(value => value.Tag == "Validation/loss").Select(value => value.Step));
        string[] row = File.ReadAllLines(folder.File("out/metrics.csv"))[2].Split(',');
        Assert.Equal(
            float.Parse(row[4], System.Globalization.CultureInfo.InvariantCulture),
            events.Last(value => value.Tag == "Validation/accuracy").Number
        );
        Assert.Contains("optimizer: adam", events.Single(value => value.Tag == "config").Text, StringComparison.Ordinal);
        Assert.Contains(" bits = ", events.Single(value => value.Tag == "model size").Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("epoch 1 of 2: 3 of 6 batches", "epoch 1, batch 3")]
    [InlineData("epoch 1 of 2: 6 of 6 batches", "epoch 1, batch 6")]
    [InlineData("epoch 2 of 2: 2 of 6 batches", "epoch 2, batch 2")]
    public void A_run_that_is_stopped_and_goes_on_writes_the_same_files_as_one_that_is_not(string progress, string place)
    {
        string[] settings = ["--model.compress", "false", "--epochs", "2", "--optimizer", "sgd", "--learning_rate", "0.05"];
        Train("whole", settings);
        var stopped = StopAt(progress, "parts", settings);
        Assert.Equal(ExitCode.Interrupted, stopped.Code);
        Assert.Contains(
            $"\nsaved the state at {place}; to resume: pqf train-resnet --resume {folder.File("parts")}\ninterrupted\n",
            stopped.Error,
            StringComparison.Ordinal
        );
        var resumed = Train("parts", [.. settings, "--resume"]);
        Assert.Equal((ExitCode.Success, ""), (resumed.Code, resumed.Error));
        AssertSameFiles("whole", "parts");
        // The second file's first event makes void what the first one holds of later steps.
        Assert.Equal(2, Directory.GetFiles(folder.File("parts/tensorboard")).Length);
    }

    [Fact]
    public void The_progress_of_a_run_that_goes_on_counts_its_own_batches()
    {
        string[] settings = ["--model.compress", "false", "--epochs", "2"];
        StopAt("epoch 1 of 2: 4 of 6 batches", "out", settings);
        string progress = StopAt("never", "out", [.. settings, "--resume"]).Error;
        Assert.Contains("\nepoch 1 of 2: 5 of 6 batches, ", progress, StringComparison.Ordinal);
        Assert.Contains("\nepoch 1 of 2: 2 batches in ", progress, StringComparison.Ordinal);
        Assert.Contains("\nepoch 2 of 2: 6 batches in ", progress, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_stopped_before_it_saved_anything_begins_anew()
    {
        string[] settings = ["--model.compress", "false", "--epochs", "1"];
        Train("whole", settings);
        Assert.Equal(ExitCode.Success, Train("new", [.. settings, "--resume"]).Code);
        AssertSameFiles("whole", "new");
    }

    [Fact]
    public void Where_nothing_is_due_to_be_saved_only_epochs_are()
    {
        Train("out", "--model.compress", "false", "--epochs", "1");
        Train("often", "--model.compress", "false", "--epochs", "1", "--save_minutes", "0");
        Assert.Equal(["0.state", "1.state"], Names("out/states"));
        Assert.Equal(["0.state", "1.state", "last.state"], Names("often/states"));
    }

    [Fact]
    public void A_run_goes_on_from_any_epoch()
    {
        string[] settings = ["--model.compress", "false", "--epochs", "3"];
        Train("whole", settings);
        CopyFolder("whole", "parts");
        foreach (
            string name in (string[])["trained_models/2.pqf", "trained_models/3.pqf", "states/2.state", "states/3.state", "metrics.csv"]
        )
            File.Delete(folder.File($"parts/{name}"));
        Assert.Equal(ExitCode.Success, Train("parts", [.. settings, "--resume", "1"]).Code);
        AssertSameFiles("whole", "parts");
        var missing = Train("parts", [.. settings, "--resume", "7"]);
        Assert.Equal(
            $"error: {folder.File("parts/states/7.state")}: not found; expected a state that the run has saved: 0, 1, 2, 3",
            missing.ErrorLine
        );
    }

    [Fact]
    public void One_seed_gives_one_network_whatever_the_threads()
    {
        string[] settings = ["--model.compress", "false", "--epochs", "1"];
        Train("a", settings);
        Train("b", [.. settings, "--threads", "3", "--dataloader.num_workers", "4"]);
        Train("c", [.. settings, "--seed", "1"]);
        byte[] file = File.ReadAllBytes(folder.File("a/trained_models/1.pth"));
        Assert.Equal(file, File.ReadAllBytes(folder.File("b/trained_models/1.pth")));
        Assert.NotEqual(file, File.ReadAllBytes(folder.File("c/trained_models/1.pth")));
    }

    [Fact]
    public void An_epoch_to_go_on_from_in_the_configuration_counts_as_done()
    {
        Train("dense", "--model.compress", "false", "--epochs", "1");
        Train(
            "out",
            "--weights",
            folder.File("dense/trained_models/1.pth"),
            "--model.compress",
            "false",
            "--epochs",
            "3",
            "--lr_scheduler.last_epoch",
            "0"
        );
        string[] rows = File.ReadAllLines(folder.File("out/metrics.csv"));
        Assert.Equal(["2", "3"], rows.Skip(1).Select(row => row.Split(',')[0]));
        // Half a cosine over 18 steps, of which 6 count as done.
        Assert.Equal(
            1e-6 + ((1e-3 - 1e-6) * (1 + Math.Cos(Math.PI * 6 / 18)) / 2),
            Events("out").First(value => value.Tag == "Train/learning_rate").Number,
            1e-9
        );
    }

    CliResult Train(string output, params string[] more) => Cli.Run(Arguments(output, more));

    /// <summary>Presses Ctrl-C when a progress comes by.</summary>
    CliResult StopAt(string progress, string output, string[] more)
    {
        using var cancellation = new CancellationTokenSource();
        using var error = new CancellingWriter(progress, cancellation);
        var code = CommandLine.Run(
            [.. Arguments(output, more).Where(argument => argument != "--quiet")],
            new Terminal(TextWriter.Null, error, false, new RacingClock(), cancellation.Token)
        );
        return new(code, "", error.ToString());
    }

    string[] Arguments(string output, string[] more) =>
        [
            "train-resnet",
            "--dataloader.idx_path",
            folder.File("idx"),
            "--output",
            folder.File(output),
            "--quiet",
            .. TestImages.Network,
            .. more,
        ];

    List<LoggedValue> Events(string output) =>
        [
            .. Directory
                .GetFiles(folder.File($"{output}/tensorboard"))
                .Order(StringComparer.Ordinal)
                .SelectMany(path => LoggedValue.Read(File.ReadAllBytes(path))),
        ];

    IEnumerable<string?> Names(string part) => Directory.GetFiles(folder.File(part)).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    void AssertSameFiles(string expected, string actual)
    {
        foreach (string part in (string[])["trained_models", "states", "."])
        foreach (string? name in Names($"{expected}/{part}").Where(name => name != "last.state"))
            Assert.Equal(
                File.ReadAllBytes(folder.File($"{expected}/{part}/{name}")),
                File.ReadAllBytes(folder.File($"{actual}/{part}/{name}"))
            );
    }

    void CopyFolder(string from, string to)
    {
        foreach (string path in Directory.GetFiles(folder.File(from), "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(folder.File(to), Path.GetRelativePath(folder.File(from), path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }
    }
}
