using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Collectives;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.TensorBoard;
using Pqf.Compression.Training;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Words of progress that more than one place reports.</summary>
static class TrainingLoop
{
    /// <summary>Title of validations.</summary>
    public const string Validating = "validating";

    /// <summary>What validations count.</summary>
    public const string Unit = "images";
}

/// <summary>Follows the events of a training: reports progress, logs, saves.</summary>
/// <param name="run">Clock, progress, cancellation.</param>
/// <param name="trainer">The training.</param>
/// <param name="output">Where files go; null on ranks that write none.</param>
/// <param name="batchCount">Batches of an epoch.</param>
/// <param name="validationCount">Images of a validation.</param>
sealed class TrainingLoop<TBatch>(TrainingRun run, Trainer<TBatch> trainer, TrainingOutput? output, int batchCount, int validationCount)
{
    EventWriter? log;
    long saved = run.Options.Clock?.GetTimestamp() ?? 0;
    bool isInStage,
        isExchangeNoted;

    /// <summary>Trains to the last epoch, with files for TensorBoard that begin with the settings and the size. If it is cancelled, the
    /// state is saved first.</summary>
    /// <param name="eventFolder">For TensorBoard.</param>
    /// <param name="model">The network at the beginning.</param>
    /// <param name="settings">Of the run.</param>
    public Result<Unit, PqfError> Run(string eventFolder, PqfModel model, ImmutableSortedDictionary<string, string> settings)
    {
        if (run.Options.Clock is not { } clock)
            return Follow();
        long firstStep = Step(trainer.State.Progress);
        return EventWriter
            .Create(eventFolder, run.Options.Machine, clock, firstStep == 0 ? null : firstStep)
            .Bind(writer =>
            {
                using (log = writer)
                    return from _ in writer.Text(firstStep, "config", Fenced(settings.Select(pair => $"{pair.Key}: {pair.Value}")))
                        from __ in writer.Text(firstStep, "model size", Fenced(NetworkText.Lines(model, "as trained")))
                        from done in Follow()
                        select done;
            });
    }

    Result<Unit, PqfError> Follow()
    {
        try
        {
            using var events = trainer.Run(run.Cancellation).GetEnumerator();
            for (StartEpoch(); events.MoveNext(); StartEpoch())
                if (Handle(events.Current) is Result<Unit, PqfError>.Error error)
                    return error.Value;
            NotePatience();
            return default(Unit);
        }
        catch (OperationCanceledException)
        {
            if (output?.SaveState(trainer.State) is Result<Unit, PqfError>.Error error)
                return error.Value;
            var progress = trainer.State.Progress;
            run.Progress.Note(
                $"saved the state at epoch {progress.Epoch + 1}, batch {progress.Batch}; "
                    + (run.Options.ResumeCommand is { } command ? $"to resume: {command}" : "the run resumes from there")
            );
            throw;
        }
    }

    /// <summary>Reports that an epoch starts, where its batches come next.</summary>
    void StartEpoch()
    {
        var progress = trainer.State.Progress;
        if (!isInStage && !trainer.IsOutOfPatience && progress.Epoch < run.Options.Epochs && progress.Batch < batchCount)
            Start($"epoch {progress.Epoch + 1} of {run.Options.Epochs}", "batches", batchCount, progress.Batch);
    }

    /// <summary>Says that the training ends before its last epoch, if it does.</summary>
    void NotePatience()
    {
        var progress = trainer.State.Progress;
        if (trainer.IsOutOfPatience && progress.Epoch < run.Options.Epochs)
            run.Progress.Note(
                $"ends after epoch {progress.Epoch} of {run.Options.Epochs}: {Plural.Of(progress.EpochsSinceBest, "epoch")} without a "
                    + $"better {trainer.Score} than epoch {progress.Best?.Number} (patience {run.Options.Patience}); --resume with a "
                    + "higher --patience continues"
            );
    }

    Result<Unit, PqfError> Handle(TrainingEvent next)
    {
        switch (next)
        {
            case TrainingEvent.Stepped step:
                run.Progress?.Report(new JobProgress.Advanced(step.Progress.Batch));
                NoteExchange();
                return Log(step).Bind(_ => SaveNowAndThen());
            case TrainingEvent.Validating:
                End();
                Start(TrainingLoop.Validating, TrainingLoop.Unit, validationCount, 0);
                return default(Unit);
            case TrainingEvent.EpochFinished finished:
                End(validationCount - finished.Epoch.Validation.Count);
                return Finish(finished);
            case TrainingEvent.Failed failed:
                return failed.Error;
            default:
                return default(Unit);
        }
    }

    void Start(string title, string unit, int total, int done)
    {
        isInStage = true;
        run.Progress?.Report(new JobProgress.Started(title, unit, total, done));
    }

    void End(int leftOut = 0)
    {
        if (isInStage)
            run.Progress?.Report(new JobProgress.Ended(leftOut));
        isInStage = false;
    }

    /// <summary>Reports once what ranks exchange.</summary>
    void NoteExchange()
    {
        if (run.Options.Ranks.Size > 1 && !isExchangeNoted)
            run.Progress.Note(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{run.Options.Ranks.Size} ranks, each sends {trainer.SentBytes / 1e6:0.###} MB in a step"
                )
            );
        isExchangeNoted = true;
    }

    Result<Unit, PqfError> SaveNowAndThen()
    {
        if (run.Options.Clock is not { } clock || clock.GetElapsedTime(saved) < run.Options.SaveInterval)
            return default(Unit);
        saved = clock.GetTimestamp();
        return output?.SaveState(trainer.State) ?? default(Unit);
    }

    Result<Unit, PqfError> Log(TrainingEvent.Stepped step) =>
        Log(step.Progress, [.. Scalars("Train", step.Batch), new("Train/learning_rate", step.LearningRate)]);

    Result<Unit, PqfError> Finish(TrainingEvent.EpochFinished finished)
    {
        run.Progress?.Report(new JobProgress.EpochFinished(finished.Epoch));
        saved = run.Options.Clock?.GetTimestamp() ?? 0;
        return Log(finished.Progress, [.. Scalars("Validation", finished.Epoch.Validation)])
            .Bind(_ => run.Options.Ranks.Agree(() => output?.SaveEpoch(trainer.State, finished.IsBest) ?? default(Unit)));
    }

    Result<Unit, PqfError> Log(TrainingProgress progress, ImmutableArray<Scalar> scalars) =>
        log is null ? default(Unit) : log.Scalars(Step(progress), scalars);

    static IEnumerable<Scalar> Scalars(string part, Metrics metrics) =>
        metrics.Means.Select(mean => new Scalar($"{part}/{mean.Name}", mean.Value));

    /// <summary>Batches since the run's beginning.</summary>
    long Step(TrainingProgress progress) => ((long)progress.Epoch * batchCount) + progress.Batch;

    static string Fenced(IEnumerable<string> lines) => $"```\n{string.Join('\n', lines)}\n```";
}
