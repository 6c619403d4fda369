using Pqf.Compression.Jobs;
using Pqf.Compression.Training;
using Xunit;

namespace Pqf.Compression.Tests.Training;

public class LoweredScoresTests
{
    static readonly string BestPath = Path.Combine("run", "trained_models", "best.pqf");

    [Fact]
    public void Training_that_lowers_the_accuracy_names_the_network_that_is_better() =>
        Assert.Equal(
            "training lowers the network's accuracy: accuracy 90.00 % (18 of 20) before the first epoch, accuracy 85.00 % (17 of 20) after "
                + $"epoch 2, the best; the better network is {Path.Combine("run", "trained_models", "0.pqf")}",
            LoweredScores.ByTraining(Progress(0.9, 0.8, 0.85), Classification.Accuracy, BestPath)
        );

    [Fact]
    public void Training_that_does_not_is_silent()
    {
        Assert.Null(LoweredScores.ByTraining(Progress(0.9, 0.8, 0.9), Classification.Accuracy, BestPath));
        Assert.Null(LoweredScores.ByTraining(Progress(0.9), Classification.Accuracy, BestPath));
        // What was not measured cannot be compared.
        Assert.Null(LoweredScores.ByTraining(Progress(0.9, 0.8) with { Initial = [] }, Classification.Accuracy, BestPath));
    }

    [Fact]
    public void A_loss_that_rises_is_a_lower_score()
    {
        // Losses are 1 − accuracy here.
        Assert.StartsWith(
            "training lowers the network's loss: loss 0.1000 before the first epoch, loss 0.1500 after epoch 2, the best; ",
            LoweredScores.ByTraining(Progress(0.9, 0.8, 0.85), Metrics.Loss, BestPath),
            StringComparison.Ordinal
        );
        Assert.Null(LoweredScores.ByTraining(Progress(0.8, 0.8, 0.85), Metrics.Loss, BestPath));
    }

    [Theory]
    [InlineData(0.5, 0.25, true)]
    // The difference of two shares of 20 images has a variance of (p(1 - p) + q(1 - q)) / 20: 0.1581² and 0.1565².
    [InlineData(0.5, 0.35, false)]
    [InlineData(0.5, 0.3, true)]
    [InlineData(0.5, 0.5, false)]
    [InlineData(0.25, 0.5, false)]
    public void Calibration_that_lowers_the_accuracy_is_said(double quantised, double calibrated, bool isSaid)
    {
        var progress = TrainingProgress.Start with
        {
            Initial = [new("quantised", Measured(quantised)), new("calibrated", Measured(calibrated))],
        };
        Assert.Equal(
            isSaid
                ? $"calibration lowers the network's accuracy: quantised accuracy 50.00 % (10 of 20), calibrated accuracy "
                    + $"{Math.Round(100 * calibrated)}.00 % ({Math.Round(20 * calibrated)} of 20); training begins "
                    + "with the calibrated network"
                : null,
            LoweredScores.ByCalibration(progress, Classification.Accuracy, "quantised", "calibrated")
        );
    }

    [Theory]
    // 3 / classes, of few classes a fifth of the way from guessing to 1: 1/2 + 0.1, 1/4 + 0.15, 0.1 + 0.18.
    [InlineData(1000, 0.003, true)]
    [InlineData(1000, 0.0031, false)]
    [InlineData(10, 0.28, true)]
    [InlineData(10, 0.29, false)]
    [InlineData(4, 0.4, true)]
    [InlineData(4, 0.41, false)]
    [InlineData(2, 0.6, true)]
    [InlineData(2, 0.65, false)]
    [InlineData(12, 0, true)]
    public void An_accuracy_is_near_guessing_by_the_number_of_classes(int classCount, double accuracy, bool isNear) =>
        Assert.Equal(isNear, LoweredScores.IsNearChance(Measured(accuracy), classCount));

    [Fact]
    public void The_better_start_is_the_network_that_the_first_step_began_with()
    {
        var progress = Progress(0.9, 0.8);
        Assert.Equal("0.pqf", Path.GetFileName(BetterStart.Of(progress, Classification.Accuracy, BestPath)?.Path));
        // Three epochs counted as done when the run began.
        var later = progress with
        {
            Epochs = [progress.Epochs[0] with { Number = 4 }],
        };
        Assert.Equal("3.pqf", Path.GetFileName(BetterStart.Of(later, Classification.Accuracy, BestPath)?.Path));
        var quantised = progress with { Initial = [new("quantised", Measured(0.9))] };
        Assert.Null(BetterStart.Of(quantised, Classification.Accuracy, BestPath));
    }

    static TrainingProgress Progress(double start, params double[] epochs) =>
        TrainingProgress.Start with
        {
            Initial = [new("start", Measured(start))],
            Epochs = [.. epochs.Select((accuracy, i) => new EpochRecord(i + 1, Metrics.None, Measured(accuracy), accuracy, 0.1))],
        };

    static Metrics Measured(double accuracy) => new(20, [new(Metrics.Loss, 1 - accuracy), new(Classification.Accuracy, accuracy)]);
}
