using System.Globalization;
using Pqf.Compression.Reporting;
using Pqf.Compression.Training;
using Pqf.Nets.Metrics;

namespace Pqf.Compression.Jobs;

/// <summary>Finds training runs that made the network worse, by the metric that decides which epoch is the best.</summary>
public static class LoweredScores
{
    /// <summary>Text for a calibration that lowered the score; null where it did not, where so few images say nothing, or where that was
    /// not
    /// measured.</summary>
    /// <param name="progress">With the validations before the first step.</param>
    /// <param name="score">The metric.</param>
    /// <param name="before">Name of the validation before calibration.</param>
    /// <param name="after">Name of the one after it.</param>
    public static string? ByCalibration(TrainingProgress progress, string score, string before, string after) =>
        Find(progress, before) is { } first && Find(progress, after) is { } second && IsClearlyHigher(first, second, score)
            ? $"calibration lowers the network's {score}: {before} {Text(first, score)}, {after} {Text(second, score)}; training begins "
                + $"with the {after} network"
            : null;

    /// <summary>Text for a training in which no epoch is as good as the network before it, with that network's file; null where one is, or
    /// where that was not
    /// measured.</summary>
    /// <param name="progress">Of a run that has ended.</param>
    /// <param name="score">The metric.</param>
    /// <param name="bestPath">File of the best epoch's network.</param>
    public static string? ByTraining(TrainingProgress progress, string score, string bestPath) =>
        progress.Best is { } best && BetterStart.Of(progress, score, bestPath) is var (record, path)
            ? $"training lowers the network's {score}: {Text(record.Validation, score)} before the first epoch, "
                + $"{Text(best.Validation, score)} after epoch {best.Number}, the best; the better network is {path}"
            : null;

    /// <summary>Accuracies of a compressed network that are no better than guessing: up to 3 / classes, of few classes up to a fifth of the
    /// way from guessing to 1.</summary>
    /// <param name="validation">Before the first step.</param>
    /// <param name="classCount">Classes of the network.</param>
    public static bool IsNearChance(Metrics validation, int classCount) =>
        validation.Means.Any(mean => mean.Name == Classification.Accuracy && IsNearChance(mean.Value, classCount));

    /// <summary>As above, for a count of images.</summary>
    /// <param name="top1">Of which the first answer is right.</param>
    /// <param name="classCount">Classes of the network.</param>
    public static bool IsNearChance(Proportion top1, int classCount) => IsNearChance(top1.Value, classCount);

    static bool IsNearChance(double accuracy, int classCount)
    {
        double chance = 1.0 / classCount;
        return accuracy <= Math.Min(3 * chance, chance + (0.2 * (1 - chance)));
    }

    static Metrics? Find(TrainingProgress progress, string name) =>
        progress.Initial.FirstOrDefault(record => record.Name == name)?.Validation;

    static bool IsHigher(Metrics one, Metrics other, string score) => EpochRecord.ScoreOf(one, score) > EpochRecord.ScoreOf(other, score);

    /// <summary>As <see cref="IsHigher"/>, where an accuracy differs by more than the error of such a difference.</summary>
    static bool IsClearlyHigher(Metrics one, Metrics other, string score) =>
        IsHigher(one, other, score)
        && (
            score != Classification.Accuracy
            || one.Count == 0
            || Math.Pow(one[score] - other[score], 2) > Variance(one[score], one.Count) + Variance(other[score], other.Count)
        );

    /// <summary>Of a share of so many images.</summary>
    static double Variance(double share, int count) => share * (1 - share) / count;

    static string Text(Metrics metrics, string score) =>
        MetricsText.Of(metrics.Means.First(mean => mean.Name == score))
        + (
            score == Classification.Accuracy && metrics.Count > 0
                ? string.Create(CultureInfo.InvariantCulture, $" ({Math.Round(metrics[score] * metrics.Count):N0} of {metrics.Count:N0})")
                : ""
        );
}
