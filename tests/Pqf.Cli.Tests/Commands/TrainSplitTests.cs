using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Training that holds back images to validate on.</summary>
public sealed class TrainSplitTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TrainSplitTests() => IdxFiles.Write(folder.File("idx"), 45, 12);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_part_held_back_is_the_same_on_any_number_of_threads_on_resume_and_to_measure_on()
    {
        var whole = Train("whole", "--epochs", "2", "--dataloader.num_workers", "1");
        Assert.Equal(ExitCode.Success, whole.Code);
        Assert.Contains($"{folder.File("idx")}: holding back 12 of 45 images to validate on", whole.Error);
        var begun = Train("parts", "--epochs", "1", "--lr_scheduler.type", "none", "--dataloader.num_workers", "3");
        Assert.Equal(ExitCode.Success, begun.Code);
        var threads = Train("threads", "--epochs", "2", "--dataloader.num_workers", "3");
        Assert.Equal(Metrics("whole"), Metrics("threads"));
        var resumed = Cli.Run("train-resnet", "--resume", folder.File("parts"), "--epochs", "2");
        Assert.Equal(ExitCode.Success, resumed.Code);
        Assert.Contains("holding back 12 of 45 images", resumed.Error);
        string best = folder.File("whole/trained_models/best.pqf");
        var measured = Cli.Run([
            "evaluate",
            "--weights",
            best,
            "--dataloader.idx_path",
            folder.File("idx"),
            "--dataloader.validation_fraction",
            "0.25",
            "--dataloader.split_seed",
            "3",
        ]);
        Assert.Equal(ExitCode.Success, measured.Code);
        Assert.Contains("holding back 12 of 45 images", measured.Error);
        double accuracy = Metrics("whole").Skip(1).Max(row => double.Parse(row.Split(',')[4], CultureInfo.InvariantCulture));
        Assert.Contains($"top-1    {Math.Round(12 * accuracy)}/12 ", measured.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_does_not_resume_on_another_part()
    {
        Train("out", "--epochs", "1");
        var other = Train("out", "--epochs", "2", "--resume", "--dataloader.split_seed", "4");
        Assert.Equal(ExitCode.Usage, other.Code);
        Assert.Contains("dataloader.split_seed: expected 3, as the run began with, got 4", other.Error);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("nan")]
    public void A_share_is_between_none_and_all(string fraction)
    {
        var result = Train("out", "--dataloader.validation_fraction", fraction);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains(
            $"dataloader.validation_fraction: expected a number above 0 and below 1, got '{fraction}'",
            result.Error,
            StringComparison.Ordinal
        );
    }

    string[] Metrics(string output) => File.ReadAllLines(folder.File($"{output}/metrics.csv"));

    CliResult Train(string output, params string[] more) =>
        TestImages.Train(
            folder,
            output,
            [
                .. more.Contains("--dataloader.validation_fraction") ? [] : (string[])["--dataloader.validation_fraction", "0.25"],
                .. more.Contains("--dataloader.split_seed") ? [] : (string[])["--dataloader.split_seed", "3"],
                .. more,
            ]
        );
}
