using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>A training that is stopped before its first step, and what resumes it.</summary>
public sealed class StoppedTrainingTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public StoppedTrainingTests() => IdxFiles.Write(folder.File("idx"), 24, 12);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_training_that_is_stopped_before_its_first_step_says_how_it_begins_again()
    {
        string run = folder.File("run");
        var stopped = Stopped();
        Assert.Equal(ExitCode.Interrupted, stopped.Code);
        string[] lines = stopped.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            $"{run}: no step was taken; to begin again with the same settings: pqf train --resume {NextCommand.Word(run)}",
            lines[^2]
        );
        Assert.Equal("interrupted", lines[^1]);

        var resumed = Cli.Run("train", "--resume", run);
        Assert.True(resumed.Code == ExitCode.Success, resumed.Error);
        Assert.Contains("no epoch finished; starting at epoch 1\n", resumed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("in place of", resumed.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("run/states/2.state")));
    }

    [Theory]
    [InlineData(1, "1 epoch in place of 2")]
    [InlineData(3, "3 epochs in place of 2")]
    public void Other_epochs_of_a_run_without_a_state_are_noted(int epochs, string expected)
    {
        Stopped();
        var resumed = Cli.Run("train", "--resume", folder.File("run"), "--epochs", $"{epochs}");
        Assert.True(resumed.Code == ExitCode.Success, resumed.Error);
        Assert.Contains($"{expected}, as the run was stopped before it saved a state\n", resumed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_resume_that_is_refused_says_nothing_of_images_before_its_error()
    {
        foreach (string part in (string[])["cat", "dog"])
        {
            Directory.CreateDirectory(folder.File($"photographs/{part}"));
            for (int i = 0; i < 6; i++)
                TestNetworks.WriteImage(folder.File($"photographs/{part}/{i}.png"), (ulong)i);
        }

        string[] data = ["--data", folder.File("photographs"), "--dataloader.validation_fraction", "0.5"];
        string[] train =
        [
            "train",
            .. data,
            "--epochs",
            "1",
            "--model.compress",
            "false",
            "--output",
            folder.File("run"),
            .. TestImages.Network,
        ];
        var begun = Cli.Run(train);
        Assert.True(begun.Code == ExitCode.Success, begun.Error);
        Assert.Contains("holding back", begun.Error, StringComparison.Ordinal);

        var refused = Cli.Run("train", "--resume", folder.File("run"), "--learning_rate", "0.5");
        Assert.StartsWith(
            "error: configuration: learning_rate: expected 0.001, as the run began with, got 0.5",
            refused.ErrorLine,
            StringComparison.Ordinal
        );
    }

    /// <summary>A run of two epochs that is stopped while it compresses its network.</summary>
    CliResult Stopped()
    {
        var dense = TestImages.Train(folder, "dense", ["--quiet", "--epochs", "1"]);
        Assert.True(dense.Code == ExitCode.Success, dense.Error);
        using var cancellation = new CancellationTokenSource();
        using var error = new CancellingWriter("permuting", cancellation);
        string[] arguments =
        [
            "train",
            folder.File("dense/trained_models/best.pqf"),
            "--data",
            folder.File("idx"),
            "--output",
            folder.File("run"),
            "--epochs",
            "2",
            "--device",
            "host",
            .. TestImages.QuickCompression,
        ];
        var code = CommandLine.Run(arguments, new Terminal(TextWriter.Null, error, false, new RacingClock(), cancellation.Token));
        return new(code, "", error.ToString());
    }
}
