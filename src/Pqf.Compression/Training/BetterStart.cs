using System.Globalization;
using Pqf.Compression.Model;

namespace Pqf.Compression.Training;

/// <summary>The network before the first epoch, of a training that made it worse.</summary>
/// <param name="Record">Its validation.</param>
/// <param name="Path">Its file, beside that of the best epoch.</param>
public sealed record BetterStart(InitialRecord Record, string Path)
{
    /// <summary>The network before the first epoch, if it has a higher score than every epoch.</summary>
    /// <param name="progress">All epochs of the run.</param>
    /// <param name="metric">The metric that decides which epoch is the best.</param>
    /// <param name="bestPath">File of the best epoch's network.</param>
    /// <returns>Null where an epoch is as good, or where the start was not measured.</returns>
    public static BetterStart? Of(TrainingProgress progress, string metric, string bestPath) =>
        progress is { Best: { } best, Begun: { } begun }
        && EpochRecord.ScoreOf(begun.Validation, metric) > EpochRecord.ScoreOf(best.Validation, metric)
            ? new(begun, System.IO.Path.Combine(System.IO.Path.GetDirectoryName(bestPath) ?? "", NameOf(progress)))
            : null;

    /// <summary>Name of the network's file: the number of epochs before the first.</summary>
    static string NameOf(TrainingProgress progress) =>
        (progress.Epochs[0].Number - 1).ToString(CultureInfo.InvariantCulture) + ModelFormat.Pqf.Extension();
}
