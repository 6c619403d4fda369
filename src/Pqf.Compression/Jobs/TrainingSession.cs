using System.Collections.Immutable;
using System.Globalization;
using Pqf.Autodiff;
using Pqf.Compression.Collectives;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Training;
using Pqf.Nets.Architectures;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Jobs;

/// <summary>One run of a training, of any kind of network.</summary>
/// <param name="run">How to train, and where.</param>
/// <param name="folder">Where files go.</param>
/// <param name="kind">What is trained.</param>
/// <param name="locks">Holds the folder.</param>
sealed class TrainingSession<TBatch>(TrainingRun run, TrainingFolder folder, TrainingKind<TBatch> kind, FolderLocks locks)
{
    TrainOptions Options => run.Options;

    /// <summary>What a resumed run must have in common with its beginning.</summary>
    ImmutableSortedDictionary<string, string> Settings => TrainingSettings.Of(Options, kind);

    TrainingOptions Training =>
        new()
        {
            Epochs = Options.Epochs,
            Patience = Options.Patience,
            Optimizer = Options.Optimizer,
            Schedule = Options.Schedule((int)Math.Min(int.MaxValue, (long)Options.Epochs * kind.BatchCount)),
            LearningRate = Options.LearningRate,
            BucketBytes = Options.BucketBytes,
        };

    ICollective Ranks => Options.Ranks;

    /// <summary>The metric that decides which epoch is the best.</summary>
    string Score => Options.BestMetric ?? kind.Measured[0];

    /// <summary>Runs to the end.</summary>
    public Result<TrainResult, PqfError> Run()
    {
        if (!kind.Measured.Contains(Score))
            return NotMeasured();
        bool isStepping = false;
        try
        {
            return (Ranks.Size == 1 ? Start() : StartTogether()).Bind(begun => NotingRest(Train(begun, () => isStepping = true)));
        }
        catch (OperationCanceledException) when (!isStepping && folder.HoldsRun && Options.ResumeCommand is not null)
        {
            // Steps save their state and say so themselves.
            Note($"{folder.Path}: no step was taken; to begin again with the same settings: {Options.ResumeCommand}");
            throw;
        }
    }

    /// <summary>Says what there is to know of the images, once nothing refuses them.</summary>
    Unit NoteImages()
    {
        foreach (string line in kind.Notes)
            Note(line);
        return default;
    }

    /// <summary>Says that an epoch has one step alone, if so many images would do for several.</summary>
    Unit NoteOneStep() =>
        kind.BatchCount == 1 && kind.ImageCount >= 2 * SmallBatch
            ? Note(
                $"an epoch is one step: its batch has all {Plural.Of(kind.ImageCount, "training image")}; with --dataloader.batch_size "
                    + $"{SmallBatch} it has {Plural.Of(kind.ImageCount / SmallBatch, "step")}, which learn more in the same time"
            )
            : default;

    const int SmallBatch = 8;

    /// <summary>Says how a run continues that a file has ended after its first state was saved.</summary>
    Result<TrainResult, PqfError> NotingRest(Result<TrainResult, PqfError> result)
    {
        if (result is Result<TrainResult, PqfError>.Error { Value: PqfError.File } && Options.ResumeCommand is { } command)
            Note(
                $"{folder.Path} keeps the run as it was last saved; to resume: {command}"
                    + (Options.SkipsCorrupt ? "" : "; with --skip-corrupt, images that cannot be decoded are left out")
            );
        return result;
    }

    PqfError.Config NotMeasured() =>
        new("configuration", "best_metric", $"expected one of {string.Join(", ", kind.Measured)}, which are measured here, got {Score}");

    Result<Begun, PqfError> Start() =>
        Options.Resume is { } wanted
            ? folder.FindState(wanted, run.Progress).Bind(state => state is null ? Begin() : Resume(state))
            : folder.CheckUnused().Bind(_ => Begin());

    /// <summary>Rank 0 begins or resumes; the others take its state.</summary>
    Result<Begun, PqfError> StartTogether()
    {
        Begun? own = null;
        return from state in TrainingRanks.ShareState(
                Ranks,
                () =>
                    Start()
                        .Bind(begun =>
                        {
                            own = begun;
                            return TrainingRanks.Bytes(begun.Path);
                        })
            )
            from begun in Ranks.Agree(() => own is { } first ? first : Received(state))
            select begun;
    }

    Result<Begun, PqfError> Received(byte[] state) =>
        from read in TrainingRanks.WithFile(state, Read)
        from data in kind.For(read.Model)
        select new Begun(data, read.Model, read.State, "");

    Result<Begun, PqfError> Begin() =>
        from network in kind.Start()
        let noted = NoteImages()
        from data in kind.For(network.Model)
        from prepared in Prepare(network, data)
        from result in Begin(data, prepared.Model, prepared.Initial)
        select result with
        {
            Guessing = GuessingNote(network, prepared.Initial),
        };

    /// <summary>What a person reads if the network before the first step is no better than guessing; null where that is to be expected, or
    /// where it was said of the dense network.</summary>
    string? GuessingNote(Network network, ImmutableArray<InitialRecord> initial) =>
        !network.NewLayers.IsEmpty ? null
        : network.IsCompressed
            ? $"{network.Path}: before the first step this network is no better than guessing, and training may not mend that. Measure "
                + "the dense network with pqf evaluate: if it guesses too, its classes or preprocessing are wrong; if not, compress it "
                + "with --calibrate DIR, compress it less, or give it to pqf train, which compresses and calibrates it first"
        : Options.Compression is null || initial.Any(record => record.Name == InitialRecord.Dense && IsNearChance(record, network)) ? null
        : $"{network.Path}: before the first step the compressed network is no better than guessing, although it is calibrated. Compress "
            + "it less";

    static bool IsNearChance(InitialRecord record, Network network) =>
        LoweredScores.IsNearChance(record.Validation, network.Architecture.ClassCount);

    Result<Unit, PqfError> PrepareFolder() =>
        folder
            .Prepare(locks)
            .Bind(_ =>
            {
                Options.AfterPreparing();
                return Options.Configuration is { } text
                    ? AtomicFile.WriteText(folder.ConfigFile, writer => writer.Write(text))
                    : default(Unit);
            });

    /// <summary>The network ready to be trained: norms with statistics of their own, compressed if that is asked for, and then
    /// calibrated.</summary>
    Result<(PqfModel Model, ImmutableArray<InitialRecord> Initial), PqfError> Prepare(Network network, TrainingData<TBatch> data)
    {
        foreach (string note in NetworkText.Notes(network))
            run.Progress.Note(note);
        NoteOneStep();
        if (Options.Compression is null && network.IsCompressed)
            run.Progress.Note($"{network.Path}: codes stay as they are; pqf convert --dense decodes them to train all weights");
        ImmutableArray<InitialRecord> initial = [];
        var how = Options.Compression ?? new CompressOptions { Seed = Options.Seed, HostThreadCount = Options.HostThreadCount };
        how = how with
        {
            Images = data.CalibrationImages,
            Skipped = Options.SkipsCorrupt ? run.Skipped : null,
            BatchSize = Options.BatchSize ?? how.BatchSize,
            LoaderThreadCount = Options.LoaderThreadCount,
            BeforeWork = () => PrepareFolder().Bind(_ => MeasureDense(data, network)).Map(records => Kept(records)),
            MeasuresEffects = false, // training keeps the network alone, not the layers' reports
            NotesAnswers = Options.SkipInitialValidation, // else the dense network is measured
            // Without images to calibrate on, the network as quantised is the one that training starts from.
            AfterQuantising = compressed =>
                data.CalibrationImages is null
                    ? default(Unit)
                    : Measure(data.ValidateAlone, compressed.Model, InitialRecord.Quantised).Map(records => Kept(records)),
        };
        var model =
            Options.Compression is null || network.IsCompressed
                ? PrepareFolder().Bind(_ => CompressJob.Unfold(network, how, run.Progress, run.Cancellation))
                : CompressJob.Run(network, how, run.Progress, run.Cancellation).Map(compressed => compressed.Model);
        return model.Map(prepared => (prepared, initial));

        Unit Kept(ImmutableArray<InitialRecord> records)
        {
            initial = initial.AddRange(records);
            return default;
        }
    }

    /// <summary>Validates a dense network that is about to be compressed, and says so if it is no better than guessing.</summary>
    Result<ImmutableArray<InitialRecord>, PqfError> MeasureDense(TrainingData<TBatch> data, Network network) =>
        Options.Compression is null || network.IsCompressed || network.LacksStatistics || !network.NewLayers.IsEmpty
            ? ImmutableArray<InitialRecord>.Empty
            : Measure(data.ValidateAlone, network.Model, InitialRecord.Dense)
                .Map(records =>
                {
                    if (records.Any(record => IsNearChance(record, network)))
                        Note(
                            $"{network.Path}: the dense network is no better than guessing on the images that validate: it is not trained, "
                                + "or its classes or its preprocessing do not fit these images. Compressing it cannot make it better"
                        );
                    return records;
                });

    Result<Begun, PqfError> Begin(TrainingData<TBatch> data, PqfModel model, ImmutableArray<InitialRecord> initial)
    {
        run.Progress?.Report(new JobProgress.Prepared(model));
        var trainable = Networks.FamilyOf(model.Architecture).TrainableOf(model.Graph, model.Parameters);
        var state = TrainingState.Start(model.Parameters, trainable, Training, initial);
        state = state with { Schedule = ScheduleStart(), Progress = state.Progress with { Epoch = Options.LastEpoch + 1 } };
        return new TrainingOutput(Options.Formats, folder, model, Settings, Score)
            .SaveEpoch(state, false)
            .Map(_ => new Begun(data, model, state, folder.StateFile(state.Progress.Epoch)));
    }

    /// <summary>Where the schedule stands before the first step: at its beginning, or after the epochs that count as done.</summary>
    ScheduleState ScheduleStart()
    {
        var schedule = Training.Schedule;
        var state = Schedule.Start(Options.LearningRate);
        for (int epoch = 0; epoch <= Options.LastEpoch; epoch++)
        {
            for (int batch = 0; batch < kind.BatchCount; batch++)
                state = schedule.AfterBatch(state);
            // How accurate those epochs were is not known: a plateau starts again.
            state = schedule is Schedule.Plateau ? state with { EpochCount = epoch + 1 } : schedule.AfterEpoch(state, 0);
        }

        return state;
    }

    Result<Begun, PqfError> Resume(string path) =>
        Read(path)
            .Bind(read =>
                (from data in kind.For(read.Model) from _ in PrepareFolder() select data).Map(data =>
                {
                    NoteImages();
                    Note(ResumeNote(path, read.State.Progress));
                    return new Begun(data, read.Model, read.State, path);
                })
            );

    bool IsOver(TrainingProgress progress) => progress.Epoch >= Options.Epochs;

    /// <summary>Where the run resumes. One whose patience has ended says so itself.</summary>
    string? ResumeNote(string path, TrainingProgress progress) =>
        IsOver(progress)
            ? $"{folder.Path} is complete: epoch {progress.Epoch} of {Options.Epochs} is done, and there is nothing to do; a larger "
                + "--epochs trains further"
        : progress.EpochsSinceBest >= (Options.Patience ?? int.MaxValue) ? null
        : $"resumes from {path}, at epoch {progress.Epoch + 1}, batch {progress.Batch + 1}";

    Result<(PqfModel Model, TrainingState State), PqfError> Read(string path) =>
        TensorFiles
            .Open(path)
            .Bind(file =>
            {
                using (file)
                    return from known in TrainingCheckpoint.ReadProgress(file)
                        from _ in TrainingSettings.Differences(known.Settings, Settings)
                        from read in TrainingCheckpoint.Read(file, Options.Optimizer, run.Device)
                        select Prolonged(read, known.Settings);
            });

    /// <summary>The state of a run that gets more epochs than it began with: its learning rate is that of a run which had so many from its
    /// beginning.</summary>
    (PqfModel Model, TrainingState State) Prolonged(
        (PqfModel Model, TrainingState State) read,
        ImmutableSortedDictionary<string, string> begun
    )
    {
        if (begun.GetValueOrDefault(TrainingSettings.Epochs) == Settings[TrainingSettings.Epochs])
            return read;
        var schedule = read.State.Schedule;
        if (schedule.BatchCount > 0)
            schedule = schedule with
            {
                LearningRate = Training.Schedule.AfterBatch(schedule with { BatchCount = schedule.BatchCount - 1 }).LearningRate,
            };
        run.Progress.Note(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Plural.Of(Options.Epochs, "epoch")} in place of {begun.GetValueOrDefault(TrainingSettings.Epochs)}: the learning rate "
                    + $"continues at {schedule.LearningRate:g3}, as in a run of {Plural.Of(Options.Epochs, "epoch")}"
            )
        );
        return read with { State = read.State with { Schedule = schedule } };
    }

    Result<TrainResult, PqfError> Train(Begun begun, Action stepping)
    {
        Options.AfterStage(TrainJob.StartStage);
        var (data, model) = (begun.Data, begun.Model);
        return from state in MeasureStart(begun)
            from task in Ranks.Agree(() => data.Task(model with { Parameters = state.Parameters }))
            let begins = Told(stepping)
            let trainer = new Trainer<TBatch>(Timed(task), state, Training, Ranks)
            let loop = new TrainingLoop<TBatch>(run, trainer, OutputOf(model), kind.BatchCount, kind.ValidationCount)
            from _ in IsOver(state.Progress)
                ? default(Unit)
                : loop.Run(folder.EventFolder, model with { Parameters = state.Parameters }, Settings)
            let __ = NoteLost(model)
            let bestPath = folder.ModelFile(TrainingOutput.Best, ModelFormat.Pqf)
            let ___ = Note(LoweredScores.ByTraining(trainer.State.Progress, Score, bestPath))
            select new TrainResult(trainer.State.Progress, bestPath, run.Skipped.Count)
            {
                BestMetric = Score,
                Network = NetworkSummary.Of(model with { Parameters = trainer.State.Parameters }),
            };
    }

    static Unit Told(Action begins)
    {
        begins();
        return default;
    }

    /// <summary>Says what the files that every training writes do not keep.</summary>
    Unit NoteLost(PqfModel model)
    {
        string path = folder.ModelFile(TrainingOutput.Best, ModelFormat.Pth);
        return Note(ModelFormat.Pth.Holds(model.Architecture, model.Parameters.IsQuantised) ? NetworkText.NotKept(model, path) : null);
    }

    Unit Note(string? line)
    {
        if (line is not null)
            run.Progress.Note(line);
        return default;
    }

    /// <summary>The state with a validation of where it begins, if it is at the beginning.</summary>
    Result<TrainingState, PqfError> MeasureStart(Begun begun)
    {
        var (model, state) = (begun.Model, begun.State);
        string name = state.Progress.BegunName;
        return state.Progress is not { Epochs: [], Batch: 0, Begun: null }
            ? state
            : Measure(begun.Data.Validate, model with { Parameters = state.Parameters }, name)
                .Map(records =>
                {
                    var progress = state.Progress with { Initial = state.Progress.Initial.AddRange(records) };
                    Note(LoweredScores.ByCalibration(progress, Score, InitialRecord.Quantised, name));
                    if (records.Any(record => LoweredScores.IsNearChance(record.Validation, model.Architecture.ClassCount)))
                        Note(begun.Guessing);
                    return state with { Progress = progress };
                });
    }

    /// <summary>Validates before the first step, unless that is not wanted.</summary>
    Result<ImmutableArray<InitialRecord>, PqfError> Measure(Func<PqfModel, Result<Metrics, PqfError>> validate, PqfModel model, string name)
    {
        if (Options.SkipInitialValidation)
            return ImmutableArray<InitialRecord>.Empty;
        var measured = run.Progress.Stage(
            TrainingLoop.Validating,
            TrainingLoop.Unit,
            kind.ValidationCount,
            _ => validate(model),
            measured => measured.Count
        );
        Options.AfterStage(TrainJob.ValidationStage);
        return measured.Map<ImmutableArray<InitialRecord>>(metrics =>
        {
            var record = new InitialRecord(name, metrics);
            run.Progress?.Report(new JobProgress.Validated(record));
            return [record];
        });
    }

    TrainingTask<TBatch> Timed(TrainingTask<TBatch> task) =>
        task with
        {
            Score = Score,
            Epoch = (epoch, firstBatch) => Timed(task.Epoch(epoch, firstBatch)),
            Validate = cancellation =>
            {
                var metrics = task.Validate(cancellation);
                Options.AfterStage(TrainJob.ValidationStage);
                return metrics;
            },
        };

    /// <summary>The batches. Between one and the next are the optimizer's step and the log, before the first the last epoch's
    /// files.</summary>
    IEnumerable<Result<TBatch, PqfError>> Timed(IEnumerable<Result<TBatch, PqfError>> batches)
    {
        Options.AfterStage(TrainJob.SavingStage);
        foreach (var batch in batches)
        {
            Options.AfterStage(TrainJob.DecodingStage);
            yield return batch;
            Options.AfterStage(TrainJob.OptimizerStage);
        }
    }

    /// <summary>Where results go: rank 0 alone writes.</summary>
    TrainingOutput? OutputOf(PqfModel model) => Ranks.Rank == 0 ? new(Options.Formats, folder, model, Settings, Score) : null;

    /// <summary>A run before its next step.</summary>
    /// <param name="Data">Images.</param>
    /// <param name="Model">What the network is.</param>
    /// <param name="State">Where it stands.</param>
    /// <param name="Path">The state's file.</param>
    sealed record Begun(TrainingData<TBatch> Data, PqfModel Model, TrainingState State, string Path)
    {
        /// <summary>What a person reads if the network is no better than guessing; null for nothing.</summary>
        public string? Guessing { get; init; }
    }
}
