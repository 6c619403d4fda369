using System.Collections.Immutable;
using Pqf.Cli.Data;
using Pqf.Cli.Shell;
using Pqf.Nets.Architectures;
using Pqf.Nets.Coco;
using Pqf.Nets.Detection;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Cli.Models;

/// <summary>How well a detector finds objects, and how fast.</summary>
/// <param name="Box">Of boxes.</param>
/// <param name="Mask">Of masks.</param>
/// <param name="Results">Everything that was found.</param>
/// <param name="ImageCount">Images.</param>
/// <param name="Seconds">From the first image to the last mask; average precision apart.</param>
/// <param name="Stages">In the order of the work.</param>
sealed record DetectorReport(
    AveragePrecision Box,
    AveragePrecision Mask,
    ImmutableArray<CocoDetection> Results,
    int ImageCount,
    double Seconds,
    ImmutableArray<StageTime> Stages
);

/// <summary>Measures detectors on annotated images.</summary>
static class DetectorEvaluation
{
    const string Decoding = "Decoding",
        Masks = "Masks";

    /// <summary>Measures one network.</summary>
    /// <param name="run">Threads, clock and cancellation.</param>
    /// <param name="architecture">A detector, with its thresholds.</param>
    /// <param name="parameters">Its values.</param>
    /// <param name="images">The images.</param>
    /// <param name="device">Where to run.</param>
    /// <param name="report">Told how many images are done.</param>
    /// <returns>An error that names the first image that cannot be loaded.</returns>
    public static Result<DetectorReport, PqfError> Measure(
        RunContext run,
        Architecture architecture,
        Parameters parameters,
        CocoFolder images,
        Device device,
        Action<double> report
    )
    {
        using var scope = device.BeginScope();
        var detector = Detector.Create(architecture, parameters, device);
        float threshold = MaskRcnnOptions.Of(architecture).MaskThresh;
        var watch = new StageWatch(run.Terminal.Clock);
        var results = ImmutableArray.CreateBuilder<CocoDetection>();
        int done = 0;
        foreach (var loaded in Ahead.Make(images.Images.Length, Evaluation.LoaderThreads(run), images.Decode, run.Cancellation))
        {
            watch.Lap(Decoding);
            if (loaded is Result<Photograph, PqfError>.Error error)
                return error.Value;
            var found = detector.Detect(((Result<Photograph, PqfError>.Ok)loaded).Value, stage => watch.Lap(stage.ToString()));
            results.AddRange(CocoTargets.Results(images.Images[done].Id, found, threshold, images.Labels));
            watch.Lap(Masks);
            report(++done);
        }

        return Of(images, results.ToImmutable(), watch, run.Config.Threads);
    }

    static DetectorReport Of(CocoFolder images, ImmutableArray<CocoDetection> results, StageWatch watch, int threadCount) =>
        new(
            CocoAp.Measure(images.Instances, results, CocoTask.BoundingBox, threadCount),
            CocoAp.Measure(images.Instances, results, CocoTask.Segmentation, threadCount),
            results,
            images.Images.Length,
            watch.Stages.Sum(stage => stage.Seconds),
            watch.Stages
        );
}
