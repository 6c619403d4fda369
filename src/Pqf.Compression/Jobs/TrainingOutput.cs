using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Training;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Jobs;

/// <summary>Writes what a training gives.</summary>
/// <param name="formats">Kinds of file beside <c>.pqf</c> and <c>.pth</c>.</param>
/// <param name="folder">Where.</param>
/// <param name="model">What the network is; its own parameters are not looked at.</param>
/// <param name="settings">Stored with states.</param>
/// <param name="score">The metric that decides which epoch is the best.</param>
sealed class TrainingOutput(
    ImmutableArray<ModelFormat> formats,
    TrainingFolder folder,
    PqfModel model,
    ImmutableSortedDictionary<string, string> settings,
    string score
)
{
    /// <summary>Name of the best epoch's network.</summary>
    public const string Best = "best";

    // Every training writes them, where they can be read again.
    static readonly ImmutableArray<ModelFormat> Usual = [ModelFormat.Pth, ModelFormat.Pqf];

    /// <summary>Saves a state between two epochs.</summary>
    public Result<Unit, PqfError> SaveState(TrainingState state) => TrainingCheckpoint.Write(folder.LastState, model, state, settings);

    /// <summary>Saves the state and the network after an epoch, or before the first, and reports.</summary>
    /// <param name="state">At the next epoch's start.</param>
    /// <param name="isBest">Whether there was no better epoch.</param>
    public Result<Unit, PqfError> SaveEpoch(TrainingState state, bool isBest)
    {
        string number = state.Progress.Epoch.ToString(CultureInfo.InvariantCulture);
        // The state comes last: a run that resumes from it finds the networks of the epoch written.
        return TrainingCheckpoint
            .CheckFinite(model.Graph, state)
            .Bind(_ => WriteModels(state, number))
            .Bind(_ => isBest ? WriteModels(state, Best) : default(Unit))
            .Bind(_ =>
            {
                // Every epoch writes whole tables. One that cannot be written does not cost the epoch.
                var tables = WriteTables(state.Progress);
                return TrainingCheckpoint.Write(folder.StateFile(state.Progress.Epoch), model, state, settings).Bind(_ => tables);
            });
    }

    Result<Unit, PqfError> WriteTables(TrainingProgress progress) =>
        Tables
            .WriteEpochs(folder.MetricsFile, progress)
            .Bind(_ => AtomicFile.WriteText(folder.ResultsFile, text => Array.ForEach([.. ResultLines(progress)], text.WriteLine)));

    /// <summary>What the run has given so far, for a person.</summary>
    public IEnumerable<string> ResultLines(TrainingProgress progress)
    {
        foreach (string line in NetworkSummary.Of(model).Lines())
            yield return line;
        var better = BetterStart.Of(progress, score, folder.ModelFile(Best, ModelFormat.Pqf))?.Record;
        foreach (var record in progress.Initial)
            yield return Line(record.Name, record.Validation, record == better ? ", better than every epoch" : "");
        foreach (var epoch in progress.Epochs)
            yield return Line($"epoch {epoch.Number}", epoch.Validation, epoch == progress.Best ? ", the best" : "");

        static string Line(string name, Metrics validation, string remark) => $"{name, -12} {MetricsText.Counted(validation)}{remark}";
    }

    Result<Unit, PqfError> WriteModels(TrainingState state, string name) =>
        Result
            .All(
                formats
                    .Union(Usual.Where(format => format.Holds(model.Architecture, state.Parameters.IsQuantised)))
                    .Select(format => (model with { Parameters = state.Parameters }).Save(folder.ModelFile(name, format), format))
            )
            .Map(_ => default(Unit));
}
