using System.Collections.Immutable;
using System.Globalization;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Models;

/// <summary>Writes what a training gives.</summary>
/// <param name="run">Formats.</param>
/// <param name="folder">Where.</param>
/// <param name="model">What the network is; its own parameters are not looked at.</param>
/// <param name="settings">Stored with states.</param>
sealed class TrainingOutput(RunContext run, TrainingFolder folder, PqfModel model, ImmutableSortedDictionary<string, string> settings)
{
    const string Best = "best";

    /// <summary>Saves a state between two epochs.</summary>
    public Result<Unit, PqfError> SaveState(TrainingState state) => TrainingCheckpoint.Write(folder.LastState, model, state, settings);

    /// <summary>Saves the state and the network after an epoch, or before the first, and reports.</summary>
    /// <param name="state">At the next epoch's start.</param>
    /// <param name="isBest">Whether there was no better epoch.</param>
    public Result<Unit, PqfError> SaveEpoch(TrainingState state, bool isBest)
    {
        string number = state.Progress.Epoch.ToString(CultureInfo.InvariantCulture);
        // The state comes last: a run that goes on from it finds all other files of the epoch written.
        return TrainingCheckpoint
            .CheckFinite(model.Graph, state)
            .Bind(_ => WriteModels(state, number))
            .Bind(_ => isBest ? WriteModels(state, Best) : default(Unit))
            .Bind(_ => Reports.WriteEpochs(folder.MetricsFile, state.Progress))
            .Bind(_ => AtomicFile.WriteText(folder.ResultsFile, text => Array.ForEach([.. ResultLines(state.Progress)], text.WriteLine)))
            .Bind(_ => TrainingCheckpoint.Write(folder.StateFile(state.Progress.Epoch), model, state, settings));
    }

    /// <summary>What the run has given so far, for a person.</summary>
    public IEnumerable<string> ResultLines(TrainingProgress progress)
    {
        foreach (string line in NetworkReport.Lines(model, model.Compression is null ? "dense" : "compressed"))
            yield return line;
        foreach (var (name, validation) in progress.Initial)
            yield return $"{name, -12} {Text(validation)}";
        foreach (var epoch in progress.Epochs)
            yield return $"{$"epoch {epoch.Number}", -12} {Text(epoch.Validation)}{(epoch == progress.Best ? ", the best" : "")}";
    }

    /// <summary><c>loss 0.2412, accuracy 91.30 %</c>.</summary>
    public static string Text(Metrics metrics) =>
        string.Join(
            ", ",
            metrics.Means.Select(mean =>
                mean.Name.StartsWith(Metrics.Loss, StringComparison.Ordinal)
                    ? string.Create(CultureInfo.InvariantCulture, $"{mean.Name} {mean.Value:0.0000}")
                : mean.Value < 0 ? $"{mean.Name} -" // an average precision where there is nothing to be found
                : string.Create(CultureInfo.InvariantCulture, $"{mean.Name} {100 * mean.Value:0.00} %")
            )
        );

    Result<Unit, PqfError> WriteModels(TrainingState state, string name) =>
        Result
            .All(
                run.Config.Formats.Union([ModelFormat.Pth, ModelFormat.Pqf])
                    .Select(format =>
                        NetworkWriter.Write(folder.ModelFile(name, format), format, model with { Parameters = state.Parameters })
                    )
            )
            .Map(_ => default(Unit));
}
