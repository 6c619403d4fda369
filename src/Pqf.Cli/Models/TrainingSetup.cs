using System.Collections.Immutable;
using Pqf.Cli.Configuration;
using Pqf.Cli.Logging;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Tensors;

namespace Pqf.Cli.Models;

/// <summary>What a training of any network needs beside its state and its batches, and the steps that all trainings share.</summary>
/// <param name="Run">Settings, terminal.</param>
/// <param name="Folder">Where files go.</param>
/// <param name="Model">What the network is.</param>
/// <param name="Progress">Of validations.</param>
/// <param name="Options">How it is trained.</param>
/// <param name="BatchCount">Batches of an epoch.</param>
/// <param name="Settings">Stored with states.</param>
sealed record TrainingSetup(
    RunContext Run,
    TrainingFolder Folder,
    PqfModel Model,
    ValidationProgress Progress,
    TrainingOptions Options,
    int BatchCount,
    ImmutableSortedDictionary<string, string> Settings
)
{
    /// <summary>Writes its files.</summary>
    public TrainingOutput Output => new(Run, Folder, Model, Settings);

    /// <summary>Validates before the first step, unless that is not wanted.</summary>
    /// <param name="name">What is validated.</param>
    /// <param name="validate">Tells <see cref="Progress"/> how far it is.</param>
    /// <returns>One record, or none.</returns>
    public Result<ImmutableArray<InitialRecord>, PqfError> Measure(string name, Func<Result<Metrics, PqfError>> validate)
    {
        if (Run.Config.SkipInitialValidation)
            return ImmutableArray<InitialRecord>.Empty;
        return Run
            .Progress.Run(
                "validating",
                Progress.Unit,
                Progress.Count,
                report =>
                {
                    Progress.Report = report;
                    return validate();
                }
            )
            .Map<ImmutableArray<InitialRecord>>(metrics =>
            {
                Run.WriteLine($"{name, -9}  validation {TrainingOutput.Text(metrics)}");
                return [new(name, metrics)];
            });
    }

    /// <summary>Trains to the last epoch, with files for TensorBoard that begin with the settings and the size.</summary>
    public Result<Unit, PqfError> Train<TBatch>(Trainer<TBatch> trainer)
    {
        var begun = trainer.State;
        long firstStep = ((long)begun.Progress.Epoch * BatchCount) + begun.Progress.Batch;
        return EventWriter
            .Create(Folder.EventFolder, Environment.MachineName, Run.Terminal.Clock, firstStep == 0 ? null : firstStep)
            .Bind(log =>
            {
                using (log)
                    return log.Text(firstStep, "config", Fenced(Settings.Select(pair => $"{pair.Key}: {pair.Value}")))
                        .Bind(_ =>
                            log.Text(
                                firstStep,
                                "model size",
                                Fenced(NetworkReport.Lines(Model with { Parameters = begun.Parameters }, "as trained"))
                            )
                        )
                        .Bind(_ => new TrainingLoop<TBatch>(Run, trainer, Output, log, Options.Epochs, BatchCount, Progress).Run());
            });
    }

    /// <summary>Says which epoch was the best, once training has ended.</summary>
    public Unit Conclude(TrainingState state)
    {
        if (state.Progress.Best is { } best)
            Run.WriteLine(
                $"best      epoch {best.Number}, {TrainingOutput.Text(best.Validation)}; wrote {Folder.ModelFile("best", ModelFormat.Pqf)}"
            );
        return default;
    }

    /// <summary>Says where the settings of a run are not those that it began with.</summary>
    public static Result<Unit, PqfError> Differences(
        ImmutableSortedDictionary<string, string> begun,
        ImmutableSortedDictionary<string, string> now
    )
    {
        ImmutableArray<PqfError> errors =
        [
            .. now.Where(pair => begun.GetValueOrDefault(pair.Key) != pair.Value)
                .Select(pair => new PqfError.Config(
                    "configuration",
                    pair.Key,
                    $"expected {begun.GetValueOrDefault(pair.Key) ?? "none"}, as the run began with, got {pair.Value}"
                )),
        ];
        return errors.IsEmpty ? default(Unit) : new PqfError.Several(errors);
    }

    static string Fenced(IEnumerable<string> lines) => $"```\n{string.Join('\n', lines)}\n```";
}
