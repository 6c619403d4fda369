using System.Collections.Immutable;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Nets.Coco;
using Pqf.Nets.Detection;
using Pqf.Tensors;

namespace Pqf.Compression.Detection;

/// <summary>How well a detector finds objects.</summary>
/// <param name="Box">Of boxes.</param>
/// <param name="Mask">Of masks.</param>
/// <param name="Results">Everything that was found.</param>
/// <param name="ImageCount">Images.</param>
public sealed record DetectorReport(AveragePrecision Box, AveragePrecision Mask, ImmutableArray<CocoDetection> Results, int ImageCount)
{
    /// <summary>Precision of each category that has objects, by its number.</summary>
    public ImmutableArray<CategoryPrecision> Categories { get; init; } = [];
}

/// <summary>How well a detector finds the objects of one category.</summary>
/// <param name="Category">The category.</param>
/// <param name="Box">Of boxes.</param>
/// <param name="Mask">Of masks; null where no object has one.</param>
public sealed record CategoryPrecision(CocoCategory Category, ClassPrecision Box, ClassPrecision? Mask);

/// <summary>Measures detectors on annotated images.</summary>
public static class EvaluateDetectorJob
{
    const string Masks = "Masks";

    /// <summary>Runs to the end.</summary>
    /// <param name="network">A detector.</param>
    /// <param name="images">The images.</param>
    /// <param name="options">How to run.</param>
    /// <param name="progress">Receives the number of images done.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>Average precision, or an error that names the first image that cannot be loaded.</returns>
    public static Result<DetectorReport, PqfError> Run(
        Network network,
        CocoFolder images,
        DetectOptions options,
        IProgress<JobProgress>? progress = null,
        CancellationToken cancellation = default
    ) =>
        options
            .Ranks.Agree(() =>
                images
                    .WithAllFiles()
                    .Bind(whole =>
                        DetectorClasses.For(whole, DetectorClasses.NamesOf(network.Model), network.Architecture.ClassCount, progress)
                    )
            )
            .Bind(fitting => options.Ranks.OnFirst(options.BeforeWork).Map(_ => fitting))
            .Bind(fitting =>
            {
                foreach (string note in fitting.Notes)
                    progress.Note(note);
                return progress.Stage(
                    "evaluating",
                    "images",
                    fitting.Images.Length,
                    report => Measure(network.Model, fitting, options, report, cancellation)
                );
            });

    /// <summary>Measures one network.</summary>
    /// <param name="model">A detector, with its thresholds.</param>
    /// <param name="images">The images.</param>
    /// <param name="options">How to run.</param>
    /// <param name="report">Receives the number of images done.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    internal static Result<DetectorReport, PqfError> Measure(
        PqfModel model,
        CocoFolder images,
        DetectOptions options,
        Action<double> report,
        CancellationToken cancellation
    )
    {
        var device = model.Parameters.Tensors().First().Device;
        using var scope = device.BeginScope();
        var detector = Detector.Create(model.Architecture, model.Parameters, device);
        options.AfterStage(EvaluateJob.Compiling);
        var ranks = options.Ranks;
        return ranks
            .Agree(() => Results(detector, MaskRcnnOptions.Of(model.Architecture).MaskThresh, images, options, report, cancellation))
            .Map(own => ranks.Size == 1 ? own : [.. ranks.ShareAll(DetectionBytes.Of(own)).SelectMany(DetectionBytes.Read)])
            .Map(all => Report(images, all, options.HostThreadCount));
    }

    /// <summary>What is found in this rank's images.</summary>
    static Result<ImmutableArray<CocoDetection>, PqfError> Results(
        Detector detector,
        float threshold,
        CocoFolder images,
        DetectOptions options,
        Action<double> report,
        CancellationToken cancellation
    )
    {
        var results = ImmutableArray.CreateBuilder<CocoDetection>();
        var (first, count) = StepCut.Share(images.Images.Length, options.Ranks.Rank, options.Ranks.Size);
        int done = 0;
        foreach (var loaded in Prefetch.Make(count, options.LoaderThreadCount, i => images.Decode(first + i), cancellation))
        {
            options.AfterStage(TrainJob.DecodingStage);
            if (loaded is not Result<Photograph, PqfError>.Ok(var photograph))
                return ((Result<Photograph, PqfError>.Error)loaded).Value;
            var found = detector.Detect(photograph, stage => options.AfterStage(stage.ToString()));
            results.AddRange(CocoTargets.Results(images.Images[first + done].Id, found, threshold, images.Labels));
            options.AfterStage(Masks);
            report(Math.Min(images.Images.Length, (double)++done * options.Ranks.Size));
        }

        return results.ToImmutable();
    }

    static DetectorReport Report(CocoFolder images, ImmutableArray<CocoDetection> results, int threadCount)
    {
        var (box, boxes) = CocoAp.MeasureClasses(images.Instances, results, CocoTask.BoundingBox, threadCount);
        var (mask, masks) = CocoAp.MeasureClasses(images.Instances, results, CocoTask.Segmentation, threadCount);
        return new DetectorReport(box, mask, results, images.Images.Length)
        {
            Categories =
            [
                .. boxes.Select(item => new CategoryPrecision(
                    images.Instances.Categories.First(category => category.Id == item.CategoryId),
                    item,
                    masks.FirstOrDefault(other => other.CategoryId == item.CategoryId)
                )),
            ],
        };
    }
}
