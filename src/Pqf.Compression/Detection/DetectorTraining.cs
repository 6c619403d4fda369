using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Tensors;

namespace Pqf.Compression.Detection;

/// <summary>Training of detectors, for <see cref="TrainJob"/>.</summary>
public sealed record DetectorTraining
{
    const int DefaultBatchSize = 2; // paper, section 4.3

    /// <summary>Images and annotations in COCO's format.</summary>
    public required CocoSource Images { get; init; }

    /// <summary>Decodes images.</summary>
    public required ImageReader Reader { get; init; }

    /// <summary>The detector to begin with; null for a new one.</summary>
    public string? Weights { get; init; }

    /// <summary>The classifier whose body a new detector begins with; null where there is a detector.</summary>
    public string? Backbone { get; init; }

    /// <summary>What wins over the file. Of a new detector, its sizes.</summary>
    public NetworkOverrides Overrides { get; init; } = new();

    /// <summary>How often an epoch takes each image, at least once.</summary>
    public int Passes { get; init; } = 1;

    /// <summary>Called after each validation with its images and what was found in them. Does nothing by default. Where several processes
    /// train together, the first one gets the results of all.</summary>
    public Action<CocoFolder, DetectorReport> AfterValidation { get; init; } = (_, _) => { };

    /// <summary>Opens the images.</summary>
    /// <returns>An error that names what is missing before anything is loaded; images to train on that are left out where they cannot be
    /// decoded may be missing, too.</returns>
    public Result<TrainingKind<DetectorBatch>, PqfError> Open(TrainingRun run) =>
        from sets in CocoFolder.OpenBoth(Images, Reader)
        from train in run.Options.SkipsCorrupt ? sets.Train : sets.Train.WithAllFiles()
        from validation in sets.Validation.WithAllFiles()
        from _ in MicroBatches.Check(run.Options, DefaultBatchSize, train.Images.Length, Passes * train.Images.Length)
        select Kind(run, train, validation);

    TrainingKind<DetectorBatch> Kind(TrainingRun run, CocoFolder train, CocoFolder validation)
    {
        int batchSize = Math.Min(run.Options.BatchSize ?? DefaultBatchSize, train.Images.Length);
        var data = new DetectorData(train, validation);
        return new()
        {
            Notes = [.. train.Notes.Concat(validation.Notes).Distinct()],
            ImageCount = train.Images.Length,
            ValidationCount = validation.Images.Length,
            BatchSize = batchSize,
            BatchCount = Batches(run, train, batchSize).BatchCount,
            Measured = [DetectorTask.BoxAp, DetectorTask.BoxAp50, DetectorTask.MaskAp, DetectorTask.MaskAp50],
            Settings = MicroBatches.Stored(
                ImmutableSortedDictionary<string, string>.Empty.Add(
                    "dataloader.train_passes",
                    Passes.ToString(CultureInfo.InvariantCulture)
                ),
                run.Options,
                batchSize
            ),
            Start = () => DetectorStart.Open(this, run, data),
            For = model => data.For(model, Overrides, run.Progress).Map(fitting => DataOf(run, fitting, batchSize)),
        };
    }

    TrainingData<DetectorBatch> DataOf(TrainingRun run, DetectorData data, int batchSize)
    {
        var batches = Batches(run, data.Train, batchSize);
        return new()
        {
            CalibrationImages = data.Train.Unlabelled,
            Validate = network => Shared(run, network, data.Validation).Map(MetricsOf),
            ValidateAlone = network => Validate(run, Alone.Instance, network, data.Validation).Map(MetricsOf),
            Task = network =>
                DetectorTask.Create(
                    network.Architecture,
                    network.Graph,
                    network.Parameters,
                    (epoch, first) => Epoch(run, batches, epoch, first),
                    _ => Shared(run, network, data.Validation).Map(MetricsOf),
                    stage => run.Options.AfterStage(stage.ToString()),
                    CutOf(batches)
                ),
        };
    }

    DetectionBatches Batches(TrainingRun run, CocoFolder train, int batchSize) =>
        new(
            train,
            batchSize,
            run.Options.IsShuffled,
            Passes,
            run.Key,
            run.Options.SkipsCorrupt ? run.Skipped : null,
            MicroBatches.Size(run.Options, batchSize),
            run.Options.Ranks
        );

    static StepCut? CutOf(DetectionBatches batches) =>
        batches.Cut is { RankCount: 1 } cut && cut.MicroBatch == cut.BatchSize ? null : batches.Cut;

    /// <summary>A validation that all processes of the run share.</summary>
    Result<DetectorReport, PqfError> Shared(TrainingRun run, PqfModel model, CocoFolder images) =>
        Validate(run, run.Options.Ranks, model, images)
            .Map(report =>
            {
                AfterValidation(images, report);
                return report;
            });

    static Result<DetectorReport, PqfError> Validate(TrainingRun run, ICollective ranks, PqfModel model, CocoFolder images) =>
        EvaluateDetectorJob.Measure(
            model,
            images,
            new DetectOptions
            {
                LoaderThreadCount = run.Options.LoaderThreadCount,
                HostThreadCount = run.Options.HostThreadCount,
                Ranks = ranks,
            },
            done => run.Progress?.Report(new JobProgress.Advanced(done)),
            run.Cancellation
        );

    static Metrics MetricsOf(DetectorReport report) =>
        new(
            report.ImageCount,
            [
                new(DetectorTask.BoxAp, report.Box.Ap),
                new(DetectorTask.BoxAp50, report.Box.Ap50),
                new(DetectorTask.MaskAp, report.Mask.Ap),
                new(DetectorTask.MaskAp50, report.Mask.Ap50),
            ]
        );

    static IEnumerable<Result<DetectorBatch, PqfError>> Epoch(TrainingRun run, DetectionBatches batches, int epoch, int first) =>
        batches
            .Epoch(epoch, first, run.Options.LoaderThreadCount, run.Cancellation)
            .Zip(
                KeysOf(run.Key.Fold("sampling").Fold((ulong)epoch), batches.Cut, first),
                (examples, key) =>
                    examples.Map(batch => new DetectorBatch(
                        [.. batch.Select(example => example.Photograph)],
                        [.. batch.Select(example => example.Target)],
                        key
                    ))
            );

    /// <summary>A key for each micro-batch of this rank: that of its batch where it is the whole batch.</summary>
    static IEnumerable<RngKey> KeysOf(RngKey epoch, StepCut cut, int firstStep)
    {
        for (int step = firstStep; step < cut.StepCount; step++)
        {
            var key = epoch.Fold((ulong)step);
            var (first, count) = cut.PartOf(step, cut.Rank);
            for (int micro = first; micro < first + count; micro++)
                yield return cut.MicroBatch == cut.BatchSize ? key : key.Fold((ulong)micro);
        }
    }
}
