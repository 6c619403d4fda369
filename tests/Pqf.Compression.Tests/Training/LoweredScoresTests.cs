using Pqf.Compression.Jobs;
using Pqf.Compression.Training;
using Xunit;

namespace Pqf.Compression.Tests.Training;

public class LoweredScoresTests
{
    static readonly TrainingFolder Folder = new("run");

    [Fact]
    public void Training_that_lowers_the_accuracy_names_the_network_that_is_better() =>
        Assert.Equal(
            "training lowers the network's accuracy: accuracy 90.00 % before the first epoch, accuracy 85.00 % after epoch 2, the best; "
                + $"the better network is {Path.Combine("run", "trained_models", "0.pqf")}",
            LoweredScores.ByTraining(Progress(0.9, 0.8, 0.85), Classification.Accuracy, "start", Folder)
        );

    [Fact]
    public void Training_that_does_not_is_silent()
    {
        Assert.Null(LoweredScores.ByTraining(Progress(0.9, 0.8, 0.9), Classification.Accuracy, "start", Folder));
        Assert.Null(LoweredScores.ByTraining(Progress(0.9), Classification.Accuracy, "start", Folder));
        // What was not measured cannot be compared.
        Assert.Null(LoweredScores.ByTraining(Progress(0.9, 0.8), Classification.Accuracy, "calibrated", Folder));
    }

    [Fact]
    public void A_loss_that_rises_is_a_lower_score()
    {
        // Losses are 1 − accuracy here.
        Assert.StartsWith(
            "training lowers the network's loss: loss 0.1000 before the first epoch, loss 0.1500 after epoch 2, the best; ",
            LoweredScores.ByTraining(Progress(0.9, 0.8, 0.85), Metrics.Loss, "start", Folder),
            StringComparison.Ordinal
        );
        Assert.Null(LoweredScores.ByTraining(Progress(0.8, 0.8, 0.85), Metrics.Loss, "start", Folder));
    }

    [Theory]
    [InlineData(0.5, 0.25, true)]
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
                ? "calibration lowers the network's accuracy: quantised accuracy 50.00 %, calibrated accuracy 25.00 %; training begins "
                    + "with the calibrated network"
                : null,
            LoweredScores.ByCalibration(progress, Classification.Accuracy, "quantised", "calibrated")
        );
    }

    static TrainingProgress Progress(double start, params double[] epochs) =>
        TrainingProgress.Start with
        {
            Initial = [new("start", Measured(start))],
            Epochs = [.. epochs.Select((accuracy, i) => new EpochRecord(i + 1, Metrics.None, Measured(accuracy), accuracy, 0.1))],
        };

    static Metrics Measured(double accuracy) => new(20, [new(Metrics.Loss, 1 - accuracy), new(Classification.Accuracy, accuracy)]);
}
