using Pqf.Cli.Shell;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Commands;

/// <summary>Training that ends early, and which epoch is its best.</summary>
public sealed class TrainPatienceTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public TrainPatienceTests() => IdxFiles.Write(folder.File("idx"), 45, 12);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_run_without_better_epochs_ends_and_more_patience_continues_it()
    {
        var result = Train("out", "--epochs", "40", "--patience", "1");
        Assert.Equal(ExitCode.Success, result.Code);
        int done = Rows("out");
        Assert.InRange(done, 2, 39);
        Assert.Contains(
            $"ends after epoch {done} of 40: 1 epoch without a better accuracy than epoch {done - 1} (patience 1); --resume with a higher "
                + "--patience continues\n",
            result.Error,
            StringComparison.Ordinal
        );
        Assert.True(File.Exists(folder.File($"out/states/{done}.state")));
        Assert.StartsWith($"best      epoch {done - 1}, ", result.Lines[^1], StringComparison.Ordinal);
        var again = Cli.Run("train-resnet", "--resume", folder.File("out"));
        Assert.Equal((ExitCode.Success, done), (again.Code, Rows("out")));
        Assert.Contains($"ends after epoch {done} of 40: ", again.Error, StringComparison.Ordinal);
        var more = Cli.Run("train-resnet", "--resume", folder.File("out"), "--patience", "40");
        Assert.Equal((ExitCode.Success, 40), (more.Code, Rows("out")));
        Assert.DoesNotContain("ends after", more.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_epoch_is_that_of_the_metric_that_is_asked_for()
    {
        var result = Train("out", "--epochs", "8", "--best_metric", "loss", "--learning_rate", "0.05");
        Assert.Equal(ExitCode.Success, result.Code);
        string[] rows = File.ReadAllLines(folder.File("out/metrics.csv"))[1..];
        string best = rows.MinBy(row => double.Parse(row.Split(',')[3], System.Globalization.CultureInfo.InvariantCulture))!;
        Assert.StartsWith($"best      epoch {best.Split(',')[0]}, ", result.Lines[^1], StringComparison.Ordinal);
        var other = Train("out", "--resume", "--epochs", "9", "--best_metric", "accuracy", "--learning_rate", "0.05");
        Assert.Contains("best_metric: expected loss, as the run began with, got none", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_that_makes_the_network_worse_names_the_better_one()
    {
        Train("good", "--epochs", "6", "--learning_rate", "0.01");
        string[] begin = ["--weights", folder.File("good/trained_models/best.pqf")];
        var worse = Train("worse", ["--epochs", "1", "--learning_rate", "3", "--optimizer", "sgd", .. begin]);
        Assert.Equal(ExitCode.Success, worse.Code);
        Assert.Matches(
            "training lowers the network's accuracy: accuracy .* before the first epoch, accuracy .* after epoch 1",
            worse.Error
        );
        string named = folder.File("worse/trained_models/0.pqf");
        Assert.Contains($"the better network is {named}\n", worse.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(named));
        var same = Train("same", ["--epochs", "1", "--learning_rate", "1e-9", .. begin]);
        Assert.DoesNotContain("training lowers", same.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mask_ap", "expected one of accuracy, loss, which are measured here, got mask_ap")]
    [InlineData("f1", "expected one of accuracy, loss, box_ap, box_ap50, mask_ap, mask_ap50, got 'f1'")]
    public void A_metric_that_is_not_measured_is_refused(string name, string problem)
    {
        var result = Train("out", "--epochs", "1", "--best_metric", name);
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.Contains($"best_metric: {problem}", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("out")));
    }

    int Rows(string output) => File.ReadAllLines(folder.File($"{output}/metrics.csv")).Length - 1;

    CliResult Train(string output, params string[] more) => TestImages.Train(folder, output, more);
}
