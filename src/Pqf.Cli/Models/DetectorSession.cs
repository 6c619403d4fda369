using Pqf.Cli.Data;
using Pqf.Cli.Shell;
using Pqf.Compression.Detection;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Nets.Detection;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Models;

/// <summary>One run of <c>pqf train-maskrcnn</c>: from images and weights to a trained detector.</summary>
/// <param name="run">Settings, terminal.</param>
sealed class DetectorSession(RunContext run)
{
    const int DefaultBatchSize = 2; // paper, section 4.3

    /// <summary>Name of the validation before the first step.</summary>
    const string Start = "start";

    readonly StageWatch watch = new(run.Terminal.Clock);
    readonly SortedSet<string> skipped = new(StringComparer.Ordinal);
    int stepCount;

    /// <summary>Runs to the end.</summary>
    /// <param name="weights">The detector to begin with.</param>
    /// <param name="backbone">A classifier whose body a new detector begins with, if there is no detector.</param>
    /// <param name="resume">Null to begin; else as for <see cref="TrainingFolder.FindState"/>.</param>
    /// <param name="isProfiled">Whether to say what each stage took.</param>
    public Result<Unit, PqfError> Run(string? weights, string? backbone, string? resume, bool isProfiled)
    {
        var result = Run(weights, backbone, resume);
        watch.Lap("Saving");
        foreach (string line in isProfiled && stepCount > 0 ? StageWatch.Table(watch.Stages, stepCount, "a step").Lines() : [])
            run.WriteLine(line);
        return result;
    }

    Result<Unit, PqfError> Run(string? weights, string? backbone, string? resume)
    {
        if (run.Config.OutputPath is not { } path)
            return new PqfError.Config("command line", "--output", "expected a folder, here or in output_path, got none");
        if (run.Config.Dataloader.CocoPath is not { } images)
            return new PqfError.Config(
                "command line",
                "dataloader.coco_path",
                "expected a folder with train2017, val2017 and annotations, got none"
            );
        if (TrainingMapping.Ignored(run.Config) is { } ignored)
            run.Note(ignored);
        var folder = new TrainingFolder(path);
        return folder
            .Prepare()
            .Bind(_ =>
                run.WithDevice(device =>
                    resume is null
                        ? folder.CheckUnused().Bind(_ => Begin(folder, images, weights, backbone, device))
                        : folder
                            .FindState(run, resume)
                            .Bind(state =>
                                state is null ? Begin(folder, images, weights, backbone, device) : GoOn(folder, images, state, device)
                            )
                )
            );
    }

    Result<Unit, PqfError> Begin(TrainingFolder folder, string images, string? weights, string? backbone, Device device) =>
        new DetectorStart(run, device)
            .Open(weights, backbone)
            .Bind(model =>
                Setup(folder, images, model)
                    .Bind(training =>
                    {
                        var setup = training.Setup;
                        foreach (string line in NetworkReport.Lines(model, model.Compression is null ? "dense" : "compressed"))
                            run.WriteLine(line);
                        return setup
                            .Measure(Start, () => Validate(training, model.Parameters))
                            .Bind(initial =>
                            {
                                var state = TrainingState.Start(
                                    model.Parameters,
                                    MaskRcnn.Family.TrainableOf(model.Graph, model.Parameters),
                                    setup.Options,
                                    initial
                                );
                                return setup.Output.SaveEpoch(state, false).Bind(_ => Train(training, state));
                            });
                    })
            );

    Result<Unit, PqfError> GoOn(TrainingFolder folder, string images, string path, Device device) =>
        TensorFiles
            .Open(path)
            .Bind(file =>
            {
                using (file)
                    return TrainingCheckpoint
                        .ReadProgress(file)
                        .Bind(known =>
                            TrainingCheckpoint
                                .Read(file, TrainingMapping.Optimizer(run.Config), device)
                                .Map(read => (known.Settings, read.Model, read.State))
                        );
            })
            .Bind(read =>
                Setup(folder, images, read.Model)
                    .Bind(training =>
                        TrainingSetup
                            .Differences(read.Settings, training.Setup.Settings)
                            .Bind(_ =>
                            {
                                run.Note(
                                    $"goes on from {path}, at epoch {read.State.Progress.Epoch + 1}, batch {read.State.Progress.Batch + 1}"
                                );
                                return Train(training, read.State);
                            })
                    )
            );

    Result<DetectorSetup, PqfError> Setup(TrainingFolder folder, string images, PqfModel model) =>
        CocoFolder
            .OpenTraining(images, model.Architecture.ClassCount)
            .Bind(train =>
                CocoFolder
                    .OpenValidation(images, model.Architecture.ClassCount)
                    .Map(validation =>
                    {
                        int batchSize = Math.Min(run.Config.Dataloader.BatchSize ?? DefaultBatchSize, train.Images.Length);
                        var batches = new DetectionBatches(
                            train,
                            batchSize,
                            run.Config.Dataloader.TrainShuffle,
                            run.Config.Dataloader.TrainPasses,
                            run.Key,
                            run.Config.Dataloader.SkipCorrupt ? Skip : null
                        );
                        var settings = TrainingMapping
                            .Settings(run.Config, train.Images.Length)
                            .SetItem("dataloader.batch_size", $"{batchSize}")
                            .SetItem("dataloader.train_passes", $"{run.Config.Dataloader.TrainPasses}")
                            .SetItem("model.maskrcnn", $"{run.Config.Model.MaskRcnn}");
                        var progress = new ValidationProgress("images", validation.Images.Length);
                        return new DetectorSetup(
                            new(
                                run,
                                folder,
                                model,
                                progress,
                                TrainingMapping.Options(run.Config, batches.BatchCount),
                                batches.BatchCount,
                                settings
                            ),
                            batches,
                            validation
                        );
                    })
            );

    Result<Metrics, PqfError> Validate(DetectorSetup training, Parameters parameters)
    {
        var measured = DetectorEvaluation
            .Measure(
                run,
                training.Setup.Model.Architecture,
                parameters,
                training.Validation,
                parameters.Tensors().First().Device,
                done => training.Setup.Progress.Report(done)
            )
            .Map(report => new Metrics(
                report.ImageCount,
                [
                    new(DetectorTask.BoxAp, report.Box.Ap),
                    new("box_ap50", report.Box.Ap50),
                    new("mask_ap", report.Mask.Ap),
                    new("mask_ap50", report.Mask.Ap50),
                ]
            ));
        watch.Lap("Validation");
        return measured;
    }

    Result<Unit, PqfError> Train(DetectorSetup training, TrainingState state)
    {
        var setup = training.Setup;
        var task = DetectorTask.Create(
            setup.Model.Architecture,
            setup.Model.Graph,
            state.Parameters,
            (epoch, first) => Watched(Epoch(training.Batches, epoch, first)),
            _ => Validate(training, state.Parameters),
            stage => watch.Lap(stage.ToString())
        );
        watch.Lap("Start");
        var trainer = new Trainer<DetectorBatch>(task, state, setup.Options);
        return setup.Train(trainer).Map(_ => setup.Conclude(trainer.State));
    }

    void Skip(PqfError error)
    {
        if (skipped.Add(error.Message))
            run.Note($"skipped {error.Message}");
    }

    /// <summary>The batches; between one and the next are the optimizer's step and the log, before the first the last epoch's
    /// files.</summary>
    IEnumerable<Result<DetectorBatch, PqfError>> Watched(IEnumerable<Result<DetectorBatch, PqfError>> batches)
    {
        watch.Lap("Saving");
        foreach (var batch in batches)
        {
            watch.Lap("Decoding");
            yield return batch;
            watch.Lap("Optimizer");
            stepCount++;
        }
    }

    IEnumerable<Result<DetectorBatch, PqfError>> Epoch(DetectionBatches batches, int epoch, int first) =>
        batches
            .Epoch(epoch, first, Evaluation.LoaderThreads(run), run.Cancellation)
            .Select(
                (examples, i) =>
                    examples.Map(batch => new DetectorBatch(
                        [.. batch.Select(example => example.Photograph)],
                        [.. batch.Select(example => example.Target)],
                        run.Key.Fold("sampling").Fold((ulong)epoch).Fold((ulong)(first + i))
                    ))
            );
}

/// <summary>What a detector's training needs beside its state.</summary>
/// <param name="Setup">As all trainings.</param>
/// <param name="Batches">Images to train on.</param>
/// <param name="Validation">Images to measure on.</param>
sealed record DetectorSetup(TrainingSetup Setup, DetectionBatches Batches, CocoFolder Validation);
