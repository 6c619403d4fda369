using System.Globalization;
using Pqf.Cli.Logging;
using Pqf.Cli.Shell;
using Pqf.Compression.Training;
using Pqf.Tensors;

namespace Pqf.Cli.Models;

/// <summary>Follows the events of a training: shows progress, says what each epoch gave, saves.</summary>
/// <param name="run">Clock, progress, cancellation.</param>
/// <param name="trainer">The training.</param>
/// <param name="output">Where files go.</param>
/// <param name="log">For TensorBoard.</param>
/// <param name="epochs">Of the whole run.</param>
/// <param name="batchCount">Of an epoch.</param>
/// <param name="validation">Told by the task how far a validation is.</param>
sealed class TrainingLoop<TBatch>(
    RunContext run,
    Trainer<TBatch> trainer,
    TrainingOutput output,
    EventWriter log,
    int epochs,
    int batchCount,
    ValidationProgress validation
)
{
    long saved = run.Terminal.Clock.GetTimestamp();

    /// <summary>Trains to the last epoch. If it is cancelled, the state is saved first.</summary>
    public Result<Unit, PqfError> Run()
    {
        try
        {
            return Follow();
        }
        catch (OperationCanceledException)
        {
            if (ErrorOf(output.SaveState(trainer.State)) is { } error)
                return error;
            run.Note(
                $"saved the state at epoch {trainer.State.Progress.Epoch + 1}, batch {trainer.State.Progress.Batch}: --resume goes on from there"
            );
            throw;
        }
    }

    Result<Unit, PqfError> Follow()
    {
        using var events = trainer.Run(run.Cancellation).GetEnumerator();
        long asked = run.Terminal.Clock.GetTimestamp();
        bool more = events.MoveNext();
        while (more)
        {
            PqfError? error = null;
            switch (events.Current)
            {
                case TrainingEvent.Stepped first:
                    more = run.Progress.Run(
                        $"epoch {first.Progress.Epoch + 1} of {epochs}",
                        "batches",
                        batchCount,
                        report => Steps(events, report, out error),
                        new(first.Progress.Batch - 1, asked)
                    );
                    break;
                case TrainingEvent.Validating:
                    more = run.Progress.Run(
                        "validating",
                        validation.Unit,
                        validation.Count,
                        report =>
                        {
                            validation.Report = report;
                            return events.MoveNext();
                        }
                    );
                    break;
                case TrainingEvent.EpochFinished finished:
                    error = ErrorOf(Finish(finished));
                    asked = run.Terminal.Clock.GetTimestamp();
                    more = error is null && events.MoveNext();
                    break;
                case TrainingEvent.Failed failed:
                    return failed.Error;
            }

            if (error is not null)
                return error;
        }

        return default(Unit);
    }

    /// <summary>Handles steps until another event comes; says whether one does.</summary>
    bool Steps(IEnumerator<TrainingEvent> events, Action<double> report, out PqfError? error)
    {
        bool more = true;
        error = null;
        while (more && events.Current is TrainingEvent.Stepped step)
        {
            report(step.Progress.Batch);
            error = ErrorOf(Log(step).Bind(_ => SaveNowAndThen()));
            more = error is null && events.MoveNext();
        }

        return more;
    }

    Result<Unit, PqfError> SaveNowAndThen()
    {
        if (run.Terminal.Clock.GetElapsedTime(saved).TotalMinutes < run.Config.SaveMinutes)
            return default(Unit);
        saved = run.Terminal.Clock.GetTimestamp();
        return output.SaveState(trainer.State);
    }

    Result<Unit, PqfError> Log(TrainingEvent.Stepped step) =>
        log.Scalars(
            Step(step.Progress),
            [
                .. step.Batch.Means.Select(mean => new Scalar($"Train/{mean.Name}", mean.Value)),
                new("Train/learning_rate", step.LearningRate),
            ]
        );

    Result<Unit, PqfError> Finish(TrainingEvent.EpochFinished finished)
    {
        var (training, validated) = (finished.Epoch.Training, finished.Epoch.Validation);
        run.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"epoch {finished.Epoch.Number, 3}  train {TrainingOutput.Text(training)}; validation {TrainingOutput.Text(validated)}; learning rate {finished.Epoch.LearningRate:g3}"
            )
        );
        saved = run.Terminal.Clock.GetTimestamp();
        return log.Scalars(Step(finished.Progress), [.. validated.Means.Select(mean => new Scalar($"Validation/{mean.Name}", mean.Value))])
            .Bind(_ => output.SaveEpoch(trainer.State, finished.IsBest));
    }

    /// <summary>Batches since the run's beginning.</summary>
    long Step(TrainingProgress progress) => ((long)progress.Epoch * batchCount) + progress.Batch;

    static PqfError? ErrorOf(Result<Unit, PqfError> result) => result.Match<PqfError?>(_ => null, error => error);
}
