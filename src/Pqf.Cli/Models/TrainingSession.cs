using System.Collections.Immutable;
using Pqf.Cli.Configuration;
using Pqf.Cli.Data;
using Pqf.Cli.Logging;
using Pqf.Cli.Shell;
using Pqf.Compression;
using Pqf.Compression.Training;
using Pqf.Nets;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Models;

/// <summary>One run of <c>pqf train-resnet</c>: from images and weights to a trained network.</summary>
/// <param name="run">Settings, terminal.</param>
sealed class TrainingSession(RunContext run)
{
    /// <summary>Names of validations before the first step.</summary>
    const string Quantised = "quantised", Calibrated = "calibrated", Start = "start";

    /// <summary>Runs to the end.</summary>
    /// <param name="weights">The network to begin with; null for random weights.</param>
    /// <param name="resume">Null to begin; else as for <see cref="TrainingFolder.FindState"/>.</param>
    public Result<Unit, PqfError> Run(string? weights, string? resume)
    {
        if (run.Config.OutputPath is not { } path)
            return new PqfError.Config("command line", "--output", "expected a folder, here or in output_path, got none");
        if (TrainingMapping.Ignored(run.Config) is { } ignored)
            run.Note(ignored);
        var folder = new TrainingFolder(path);
        return folder.Prepare().Bind(_ => TrainingImages.Open(run.Config.Dataloader)).Bind(images => run.WithDevice(device => resume is null
            ? folder.CheckUnused().Bind(_ => Begin(folder, weights, images, device))
            : folder.FindState(run, resume).Bind(state => state is null
                ? Begin(folder, weights, images, device)
                : GoOn(folder, state, images, device))));
    }

    Result<Unit, PqfError> Begin(TrainingFolder folder, string? weights, TrainingImages images, Device device)
    {
        var start = new TrainingStart(run, device);
        return start.Open(weights, images).Bind(network => Setup(folder, network.Model, images).Bind(setup =>
        {
            NetworkReport.NoteUnused(run, network);
            return start.Prepare(network, setup.Sets.Train, (quantised, _) => Measure(setup, quantised, Quantised)).Bind(prepared =>
            {
                foreach (string line in NetworkReport.Lines(prepared.Model, prepared.Model.Compression is null ? "dense" : "compressed"))
                    run.WriteLine(line);
                return Begin(setup with { Model = prepared.Model }, prepared.Initial);
            });
        }));
    }

    Result<Unit, PqfError> Begin(TrainingSetup setup, ImmutableArray<InitialRecord> initial)
    {
        var parameters = setup.Model.Parameters;
        var state = TrainingState.Start(parameters, Trainable.Of(setup.Model.Graph, parameters), setup.Options, initial);
        state = state with
        {
            Schedule = TrainingMapping.ScheduleStart(run.Config, setup.Batches.BatchCount),
            Progress = state.Progress with { Epoch = run.Config.LrScheduler.LastEpoch + 1 },
        };
        return setup.Output(run).SaveEpoch(state, false).Bind(_ => Train(setup, state));
    }

    Result<Unit, PqfError> GoOn(TrainingFolder folder, string path, TrainingImages images, Device device) => TensorFiles.Open(path).Bind(file =>
    {
        using (file)
            return TrainingCheckpoint.ReadProgress(file)
                .Bind(known => Differences(known.Settings, TrainingMapping.Settings(run.Config, images.Count)))
                .Bind(_ => TrainingCheckpoint.Read(file, TrainingMapping.Optimiser(run.Config), device));
    }).Bind(read => Setup(folder, read.Model, images).Bind(setup =>
    {
        run.Note($"goes on from {path}, at epoch {read.State.Progress.Epoch + 1}, batch {read.State.Progress.Batch + 1}");
        return Train(setup, read.State);
    }));

    Result<TrainingSetup, PqfError> Setup(TrainingFolder folder, PqfModel model, TrainingImages images) => images.NumberedFor(model.Architecture.ClassCount).Bind<TrainingSetup>(sets =>
    {
        int batchSize = TrainingMapping.BatchSize(run.Config, images.Count), smallest = images.Count % batchSize == 0 ? batchSize : images.Count % batchSize;
        if (run.Config.Preprocessing.Augmentation.Padding >= model.Preprocessing.Crop)
            return new PqfError.Config("configuration", "preprocessing.padding", $"expected less than crop ({model.Preprocessing.Crop}), got {run.Config.Preprocessing.Augmentation.Padding}");
        var progress = new ValidationProgress("images", sets.Validation.Count);
        var batches = new LabelledBatches(run, sets, model.Preprocessing, batchSize, progress);
        return Classification.Check(model.Graph, Classifier.InputShape(model.Preprocessing, smallest)).Map(_ => new TrainingSetup(
            folder, model, sets, batches, progress, TrainingMapping.Options(run.Config, batches.BatchCount), TrainingMapping.Settings(run.Config, images.Count)));
    });

    /// <summary>Says where the settings of a run are not those that it began with.</summary>
    public static Result<Unit, PqfError> Differences(ImmutableSortedDictionary<string, string> begun, ImmutableSortedDictionary<string, string> now)
    {
        ImmutableArray<PqfError> errors = [.. now.Where(pair => begun.GetValueOrDefault(pair.Key) != pair.Value).Select(pair =>
            new PqfError.Config("configuration", pair.Key, $"expected {begun.GetValueOrDefault(pair.Key) ?? "none"}, as the run began with, got {pair.Value}"))];
        return errors.IsEmpty ? default(Unit) : new PqfError.Several(errors);
    }

    /// <summary>Validates before the first step, unless that is not wanted.</summary>
    /// <returns>One record, or none.</returns>
    Result<ImmutableArray<InitialRecord>, PqfError> Measure(TrainingSetup setup, PqfModel model, string name)
    {
        if (run.Config.SkipInitialValidation)
            return ImmutableArray<InitialRecord>.Empty;
        return run.Progress.Run("validating", setup.Progress.Unit, setup.Progress.Count, report =>
        {
            setup.Progress.Report = report;
            return Classification.Validate(model.Graph, model.Parameters, setup.Batches.Data, run.Cancellation);
        }).Map<ImmutableArray<InitialRecord>>(metrics =>
        {
            run.WriteLine($"{name,-9}  validation {TrainingOutput.Text(metrics)}");
            return [new(name, metrics)];
        });
    }

    /// <summary>The state with a validation of where it begins, if it is at the beginning.</summary>
    Result<TrainingState, PqfError> MeasureStart(TrainingSetup setup, TrainingState state)
    {
        string name = setup.Model.Compression is null ? Start : Calibrated;
        return state.Progress is not { Epochs: [], Batch: 0 } || state.Progress.Initial.Any(record => record.Name == name)
            ? state
            : Measure(setup, setup.Model with { Parameters = state.Parameters }, name).Map(records => state with { Progress = state.Progress with { Initial = state.Progress.Initial.AddRange(records) } });
    }

    Result<Unit, PqfError> Train(TrainingSetup setup, TrainingState begun) => MeasureStart(setup, begun).Bind(state => OpenTeacher(setup, state).Bind(teacher =>
    {
        var options = new ClassificationOptions { LabelSmoothing = (float)run.Config.LabelSmoothing, Teacher = teacher };
        var task = Classification.Task(setup.Model.Graph, state.Parameters, options, setup.Batches.Data);
        var trainer = new Trainer<LabelledBatch>(task, state, setup.Options);
        var output = setup.Output(run);
        long firstStep = ((long)state.Progress.Epoch * setup.Batches.BatchCount) + state.Progress.Batch;
        return EventWriter.Create(setup.Folder.EventFolder, Environment.MachineName, run.Terminal.Clock, firstStep == 0 ? null : firstStep).Bind(log =>
        {
            using (log)
                return log.Text(firstStep, "config", Fenced(setup.Settings.Select(pair => $"{pair.Key}: {pair.Value}")))
                    .Bind(_ => log.Text(firstStep, "model size", Fenced(NetworkReport.Lines(setup.Model with { Parameters = state.Parameters }, "as trained"))))
                    .Bind(_ => new TrainingLoop<LabelledBatch>(run, trainer, output, log, setup.Options.Epochs, setup.Batches.BatchCount, setup.Progress).Run())
                    .Map(_ => Conclude(setup, trainer.State));
        });
    }));

    static string Fenced(IEnumerable<string> lines) => $"```\n{string.Join('\n', lines)}\n```";

    Result<Teacher?, PqfError> OpenTeacher(TrainingSetup setup, TrainingState state)
    {
        var (path, weight, temperature) = (run.Config.Distillation.Teacher, run.Config.Distillation.Weight, run.Config.Distillation.Temperature);
        if (path is null)
            return (Teacher?)null;
        var device = state.Parameters.Tensors().First().Device;
        // Its architecture is its own: only classes and images must be the same.
        var own = run.Config with { Model = run.Config.Model with { Arch = null, Width = null } };
        return NetworkFiles.Load(path, own, device).Bind<Teacher?>(network => network.Architecture.ClassCount != setup.Model.Architecture.ClassCount || network.Architecture.InChannels != setup.Model.Architecture.InChannels
            ? new PqfError.File(path, $"has {network.Architecture.ClassCount} classes and {network.Architecture.InChannels} input channels; expected {setup.Model.Architecture.ClassCount} and {setup.Model.Architecture.InChannels}, as the network that learns from it")
            : new Teacher(InferencePlan.Compile(network.Graph, network.Parameters, device, setup.Batches.Data.BatchShape), new TeacherMix(weight, temperature)));
    }

    Unit Conclude(TrainingSetup setup, TrainingState state)
    {
        if (setup.Batches.SkippedCount > 0)
            run.WriteLine($"skipped   {setup.Batches.SkippedCount} images that cannot be decoded");
        if (state.Progress.Best is { } best)
            run.WriteLine($"best      epoch {best.Number}, {TrainingOutput.Text(best.Validation)}; wrote {setup.Folder.ModelFile("best", ModelFormat.Pqf)}");
        return default;
    }
}

/// <summary>What a run needs beside its state.</summary>
/// <param name="Folder">Where files go.</param>
/// <param name="Model">What the network is.</param>
/// <param name="Sets">Images.</param>
/// <param name="Batches">The same, as batches.</param>
/// <param name="Progress">Of validations.</param>
/// <param name="Options">How it is trained.</param>
/// <param name="Settings">Stored with states.</param>
sealed record TrainingSetup(
    TrainingFolder Folder,
    PqfModel Model,
    TrainingSets Sets,
    LabelledBatches Batches,
    ValidationProgress Progress,
    TrainingOptions Options,
    ImmutableSortedDictionary<string, string> Settings)
{
    /// <summary>Writes its files.</summary>
    public TrainingOutput Output(RunContext run) => new(run, Folder, Model, Settings);
}
