using System.Collections.Immutable;
using Pqf.Cli.Data;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Models;

/// <summary>One run of <c>pqf train-resnet</c>: from images and weights to a trained network.</summary>
/// <param name="run">Settings, terminal.</param>
sealed class TrainingSession(RunContext run)
{
    /// <summary>Names of validations before the first step.</summary>
    const string Quantised = "quantised",
        Calibrated = "calibrated",
        Start = "start";

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
        return folder
            .Prepare()
            .Bind(_ => TrainingImages.Open(run.Config.Dataloader))
            .Bind(images =>
                run.WithDevice(device =>
                    resume is null
                        ? folder.CheckUnused().Bind(_ => Begin(folder, weights, images, device))
                        : folder
                            .FindState(run, resume)
                            .Bind(state => state is null ? Begin(folder, weights, images, device) : GoOn(folder, state, images, device))
                )
            );
    }

    Result<Unit, PqfError> Begin(TrainingFolder folder, string? weights, TrainingImages images, Device device)
    {
        var start = new TrainingStart(run, device);
        return start
            .Open(weights, images)
            .Bind(network =>
                Setup(folder, network.Model, images)
                    .Bind(training =>
                    {
                        NetworkReport.NoteUnused(run, network);
                        return start
                            .Prepare(network, training.Sets.Train, (quantised, _) => Measure(training, quantised, Quantised))
                            .Bind(prepared =>
                            {
                                foreach (
                                    string line in NetworkReport.Lines(
                                        prepared.Model,
                                        prepared.Model.Compression is null ? "dense" : "compressed"
                                    )
                                )
                                    run.WriteLine(line);
                                return Begin(training with { Setup = training.Setup with { Model = prepared.Model } }, prepared.Initial);
                            });
                    })
            );
    }

    Result<Unit, PqfError> Begin(ClassifierSetup training, ImmutableArray<InitialRecord> initial)
    {
        var setup = training.Setup;
        var parameters = setup.Model.Parameters;
        var state = TrainingState.Start(parameters, Trainable.Of(setup.Model.Graph, parameters), setup.Options, initial);
        state = state with
        {
            Schedule = TrainingMapping.ScheduleStart(run.Config, setup.BatchCount),
            Progress = state.Progress with { Epoch = run.Config.LrScheduler.LastEpoch + 1 },
        };
        return setup.Output.SaveEpoch(state, false).Bind(_ => Train(training, state));
    }

    Result<Unit, PqfError> GoOn(TrainingFolder folder, string path, TrainingImages images, Device device) =>
        TensorFiles
            .Open(path)
            .Bind(file =>
            {
                using (file)
                    return TrainingCheckpoint
                        .ReadProgress(file)
                        .Bind(known => TrainingSetup.Differences(known.Settings, TrainingMapping.Settings(run.Config, images.Count)))
                        .Bind(_ => TrainingCheckpoint.Read(file, TrainingMapping.Optimizer(run.Config), device));
            })
            .Bind(read =>
                Setup(folder, read.Model, images)
                    .Bind(training =>
                    {
                        run.Note($"goes on from {path}, at epoch {read.State.Progress.Epoch + 1}, batch {read.State.Progress.Batch + 1}");
                        return Train(training, read.State);
                    })
            );

    Result<ClassifierSetup, PqfError> Setup(TrainingFolder folder, PqfModel model, TrainingImages images) =>
        images
            .NumberedFor(model.Architecture.ClassCount)
            .Bind<ClassifierSetup>(sets =>
            {
                int batchSize = TrainingMapping.BatchSize(run.Config, images.Count),
                    smallest = images.Count % batchSize == 0 ? batchSize : images.Count % batchSize;
                if (run.Config.Preprocessing.Augmentation.Padding >= model.Preprocessing.Crop)
                    return new PqfError.Config(
                        "configuration",
                        "preprocessing.padding",
                        $"expected less than crop ({model.Preprocessing.Crop}), got {run.Config.Preprocessing.Augmentation.Padding}"
                    );
                var progress = new ValidationProgress("images", sets.Validation.Count);
                var batches = new LabelledBatches(run, sets, model.Preprocessing, batchSize, progress);
                return Classification
                    .Check(model.Graph, Classifier.InputShape(model.Preprocessing, smallest))
                    .Map(_ => new ClassifierSetup(
                        new(
                            run,
                            folder,
                            model,
                            progress,
                            TrainingMapping.Options(run.Config, batches.BatchCount),
                            batches.BatchCount,
                            TrainingMapping.Settings(run.Config, images.Count)
                        ),
                        sets,
                        batches
                    ));
            });

    /// <summary>Validates before the first step, unless that is not wanted.</summary>
    Result<ImmutableArray<InitialRecord>, PqfError> Measure(ClassifierSetup training, PqfModel model, string name) =>
        training.Setup.Measure(name, () => Classification.Validate(model.Graph, model.Parameters, training.Batches.Data, run.Cancellation));

    /// <summary>The state with a validation of where it begins, if it is at the beginning.</summary>
    Result<TrainingState, PqfError> MeasureStart(ClassifierSetup training, TrainingState state)
    {
        var model = training.Setup.Model;
        string name = model.Compression is null ? Start : Calibrated;
        return state.Progress is not { Epochs: [], Batch: 0 } || state.Progress.Initial.Any(record => record.Name == name)
            ? state
            : Measure(training, model with { Parameters = state.Parameters }, name)
                .Map(records => state with { Progress = state.Progress with { Initial = state.Progress.Initial.AddRange(records) } });
    }

    Result<Unit, PqfError> Train(ClassifierSetup training, TrainingState begun) =>
        MeasureStart(training, begun)
            .Bind(state =>
                OpenTeacher(training, state)
                    .Bind(teacher =>
                    {
                        var options = new ClassificationOptions { LabelSmoothing = (float)run.Config.LabelSmoothing, Teacher = teacher };
                        var task = Classification.Task(training.Setup.Model.Graph, state.Parameters, options, training.Batches.Data);
                        var trainer = new Trainer<LabelledBatch>(task, state, training.Setup.Options);
                        return training.Setup.Train(trainer).Map(_ => Conclude(training, trainer.State));
                    })
            );

    Result<Teacher?, PqfError> OpenTeacher(ClassifierSetup training, TrainingState state)
    {
        var student = training.Setup.Model.Architecture;
        var (path, weight, temperature) = (
            run.Config.Distillation.Teacher,
            run.Config.Distillation.Weight,
            run.Config.Distillation.Temperature
        );
        if (path is null)
            return (Teacher?)null;
        var device = state.Parameters.Tensors().First().Device;
        // Its architecture is its own: only classes and images must be the same.
        var own = run.Config with
        {
            Model = run.Config.Model with { Arch = null, Width = null },
        };
        return NetworkFiles
            .Load(path, own, device)
            .Bind<Teacher?>(network =>
                network.Architecture.ClassCount != student.ClassCount || network.Architecture.InChannels != student.InChannels
                    ? new PqfError.File(
                        path,
                        $"has {network.Architecture.ClassCount} classes and {network.Architecture.InChannels} input channels; expected {student.ClassCount} and {student.InChannels}, as the network that learns from it"
                    )
                    : new Teacher(
                        InferencePlan.Compile(network.Graph, network.Parameters, device, training.Batches.Data.BatchShape),
                        new TeacherMix(weight, temperature)
                    )
            );
    }

    Unit Conclude(ClassifierSetup training, TrainingState state)
    {
        if (training.Batches.SkippedCount > 0)
            run.WriteLine($"skipped   {training.Batches.SkippedCount} images that cannot be decoded");
        return training.Setup.Conclude(state);
    }
}

/// <summary>What a classifier's training needs beside its state.</summary>
/// <param name="Setup">As all trainings.</param>
/// <param name="Sets">Images.</param>
/// <param name="Batches">The same, as batches.</param>
sealed record ClassifierSetup(TrainingSetup Setup, TrainingSets Sets, LabelledBatches Batches);
