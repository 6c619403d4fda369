using System.Collections.Immutable;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Coco;
using Pqf.Nets.Detection;
using Pqf.Tensors;

namespace Pqf.Compression.Detection;

/// <summary>How well a detector finds objects.</summary>
/// <param name="Box">Of boxes.</param>
/// <param name="Mask">Of masks.</param>
/// <param name="Results">Everything that was found.</param>
/// <param name="ImageCount">Images.</param>
public sealed record DetectorReport(AveragePrecision Box, AveragePrecision Mask, ImmutableArray<CocoDetection> Results, int ImageCount);

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
        images
            .WithAllFiles()
            .Bind(whole => DetectorClasses.For(whole, DetectorClasses.NamesOf(network.Model), network.Architecture.ClassCount, progress))
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
        float threshold = MaskRcnnOptions.Of(model.Architecture).MaskThresh;
        var results = ImmutableArray.CreateBuilder<CocoDetection>();
        int done = 0;
        foreach (var loaded in Prefetch.Make(images.Images.Length, options.LoaderThreadCount, images.Decode, cancellation))
        {
            options.AfterStage(TrainJob.DecodingStage);
            if (loaded is not Result<Photograph, PqfError>.Ok(var photograph))
                return ((Result<Photograph, PqfError>.Error)loaded).Value;
            var found = detector.Detect(photograph, stage => options.AfterStage(stage.ToString()));
            results.AddRange(CocoTargets.Results(images.Images[done].Id, found, threshold, images.Labels));
            options.AfterStage(Masks);
            report(++done);
        }

        return new DetectorReport(
            CocoAp.Measure(images.Instances, results, CocoTask.BoundingBox, options.HostThreadCount),
            CocoAp.Measure(images.Instances, results, CocoTask.Segmentation, options.HostThreadCount),
            results.ToImmutable(),
            images.Images.Length
        );
    }
}
