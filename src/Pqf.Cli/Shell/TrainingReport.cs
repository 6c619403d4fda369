using System.Globalization;
using Pqf.Compression.Jobs;
using Pqf.Compression.Reporting;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Prints what a training gives, as it comes.</summary>
/// <param name="run">Terminal.</param>
sealed class TrainingReport(RunContext run) : IProgress<JobProgress>
{
    /// <inheritdoc/>
    public void Report(JobProgress value)
    {
        switch (value)
        {
            case JobProgress.Prepared(var model):
                foreach (string line in NetworkText.Lines(model, model.Parameters.IsQuantised ? "compressed" : "dense"))
                    run.WriteLine(line);
                break;
            case JobProgress.Validated(var (name, metrics)):
                run.WriteLine($"{name, -9}  validation {MetricsText.Of(metrics)}");
                break;
            case JobProgress.EpochFinished(var epoch):
                run.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"epoch {epoch.Number, 3}  train {MetricsText.Of(epoch.Training)}; validation "
                            + $"{MetricsText.Of(epoch.Validation)}; learning rate {epoch.LearningRate:g3}"
                    )
                );
                break;
            default:
                run.Progress.Report(value);
                break;
        }
    }

    /// <summary>Prints which epoch was the best, once training has ended.</summary>
    public Unit Conclude(TrainResult result)
    {
        if (result.SkippedCount > 0)
            run.WriteLine($"skipped   {result.SkippedCount} images that cannot be decoded");
        if (result.Progress.Best is { } best)
            run.WriteLine($"best      epoch {best.Number}, {MetricsText.Of(best.Validation)}; wrote {result.BestPath}");
        return default;
    }
}
