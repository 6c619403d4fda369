using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Compression.Steps;
using Pqf.Compression.Training;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Metrics;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>How a classifier is compressed, fine-tuned and measured after each step.</summary>
public sealed record StudyOptions
{
    /// <summary>How it is compressed; norms are estimated on the training images.</summary>
    public required CompressOptions Compression { get; init; }

    /// <summary>How it is fine-tuned, from the number of batches of an epoch.</summary>
    public required Func<int, TrainingOptions> Training { get; init; }

    /// <summary>How batches are made.</summary>
    public required BatchOptions Batches { get; init; }

    /// <summary>Share of each label that is spread over all classes, 0 to 1.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>How much is learnt from the dense network beside the labels.</summary>
    public TeacherMix Teacher { get; init; } = new();
}

/// <summary>What a study gave.</summary>
/// <param name="Model">The fine-tuned network, as its files hold it.</param>
/// <param name="State">Reports of groups and layers.</param>
/// <param name="Stages">The network as dense, compressed, calibrated and fine-tuned.</param>
/// <param name="Steps">Of fine-tuning.</param>
/// <param name="StepsPerEpoch">Batches of an epoch.</param>
public sealed record Study(
    PqfModel Model,
    CompressionState State,
    ImmutableArray<Stage> Stages,
    ImmutableArray<StepRecord> Steps,
    int StepsPerEpoch
);

/// <summary>The whole method on one classifier: compressed, calibrated and fine-tuned on training images, measured on others after each
/// step.</summary>
public static class StudyJob
{
    /// <summary>Runs to the end. New tensors belong to the innermost scope.</summary>
    /// <param name="network">A dense classifier.</param>
    /// <param name="sets">Images to train and to measure on.</param>
    /// <param name="options">How to run.</param>
    /// <param name="progress">Receives stages and notes.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    public static Result<Study, PqfError> Run(
        Network network,
        TrainingSets sets,
        StudyOptions options,
        IProgress<JobProgress>? progress = null,
        CancellationToken cancellation = default
    ) => new StudyRun(network, sets, options, progress, cancellation).Run();
}

/// <summary>One run of <see cref="StudyJob"/>.</summary>
sealed class StudyRun
{
    readonly Network network;
    readonly TrainingSets sets;
    readonly StudyOptions options;
    readonly IProgress<JobProgress>? progress;
    readonly CancellationToken cancellation;
    readonly LabelledBatches batches;
    readonly ImmutableArray<Stage>.Builder stages = ImmutableArray.CreateBuilder<Stage>();
    readonly ImmutableArray<StepRecord>.Builder steps = ImmutableArray.CreateBuilder<StepRecord>();
    bool isMeasuring;

    public StudyRun(
        Network network,
        TrainingSets sets,
        StudyOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        (this.network, this.sets, this.options, this.progress, this.cancellation) = (network, sets, options, progress, cancellation);
        var reporting = options.Batches with
        {
            Validated = done =>
            {
                // The validation at the end is a part of the fine-tuning, which counts steps.
                if (isMeasuring)
                    progress?.Report(new JobProgress.Advanced(done));
            },
        };
        batches = new(sets, network.Preprocessing, reporting, options.Compression.Key, cancellation);
    }

    public Result<Study, PqfError> Run()
    {
        var compression = options.Compression with
        {
            Images = sets.Train,
            AfterQuantising = compressed => Measure("compressed", compressed.Model),
        };
        return from dense in Measure("dense", network.Model)
            from compressed in CompressJob.Run(network, compression, progress, cancellation)
            from calibrated in Measure("calibrated", compressed.Model)
            from tuned in Tune(compressed.Model)
            select new Study(tuned, compressed.State, stages.ToImmutable(), steps.ToImmutable(), batches.BatchCount);
    }

    Result<Unit, PqfError> Measure(string name, PqfModel model)
    {
        isMeasuring = true;
        var metrics = progress.Stage(
            $"measuring {name}",
            "images",
            sets.Validation.Count,
            _ => Classification.Validate(model.Graph, model.Parameters, batches.Data, cancellation)
        );
        isMeasuring = false;
        return metrics.Map(measured => Add(name, model, measured));
    }

    Unit Add(string name, PqfModel model, Metrics metrics)
    {
        int correct = (int)Math.Round(metrics[Classification.Accuracy] * metrics.Count);
        long sizeBits = Cost.Of(model.Graph, model.Parameters, model.Preprocessing.InputShape(1)).Bits;
        stages.Add(new(name, sizeBits, new Proportion(correct, metrics.Count)));
        return default;
    }

    /// <summary>Trains codebooks, norms and dense layers, with the dense network as the teacher.</summary>
    Result<PqfModel, PqfError> Tune(PqfModel model)
    {
        var compiled = InferencePlan.Compile(network.Graph.Logits(), network.Parameters, network.Device, batches.Data.BatchShape);
        var task = Classification.Task(
            model.Graph,
            model.Parameters,
            new ClassificationOptions { LabelSmoothing = (float)options.LabelSmoothing, Teacher = new Teacher(compiled, options.Teacher) },
            batches.Data
        );
        var training = options.Training(batches.BatchCount);
        var trainer = new Trainer<LabelledBatch>(task, TrainingState.Start(model.Parameters, task.Trainable, training), training);
        return progress
            .Stage("fine-tuning", "steps", training.Epochs * batches.BatchCount, report => Follow(trainer, report))
            .Map(_ =>
            {
                var tuned = (model with { Parameters = trainer.State.Parameters }).AsStored();
                Add("fine-tuned", tuned, trainer.State.Progress.Epochs[^1].Validation);
                return tuned;
            });
    }

    Result<Unit, PqfError> Follow(Trainer<LabelledBatch> trainer, Action<double> report)
    {
        foreach (var step in trainer.Run(cancellation))
        {
            if (step is TrainingEvent.Failed failed)
                return failed.Error;
            if (step is not TrainingEvent.Stepped(_, var batch, var rate))
                continue;
            steps.Add(new(steps.Count + 1, batch[Metrics.Loss], batch[Classification.Accuracy], rate));
            report(steps.Count);
        }

        return default(Unit);
    }
}
