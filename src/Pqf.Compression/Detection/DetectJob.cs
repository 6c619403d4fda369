using System.Collections.Immutable;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Detection;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Detection;

/// <summary>How objects are found.</summary>
public sealed record DetectOptions
{
    /// <summary>Threads that decode images, at least 1.</summary>
    public int LoaderThreadCount { get; init; } = 1;

    /// <summary>Threads that average precision is computed on; 0 takes all cores.</summary>
    public int HostThreadCount { get; init; }

    /// <summary>Least score of a detection, 0 to 1. Measurements take no notice of it.</summary>
    public float Threshold { get; init; }

    /// <summary>The processes that measure together: each has some of the images. The result is the same for any number of
    /// them.</summary>
    public ICollective Ranks { get; init; } = Alone.Instance;

    /// <summary>Called once nothing can be refused any more, before any work: to make what results go to. An error ends the job.</summary>
    public Func<Result<Unit, PqfError>> BeforeWork { get; init; } = () => default(Unit);

    /// <summary>Called after each stage, for measurements: <see cref="EvaluateJob.Compiling"/> first.</summary>
    public Action<string> AfterStage { get; init; } = _ => { };

    /// <summary>Called with the number and the error of each photograph that cannot be decoded, when its turn comes.</summary>
    public Action<int, PqfError> Failed { get; init; } = (_, _) => { };

    /// <summary>Called with each photograph as soon as its objects are found. An error ends the job.</summary>
    public Func<DetectedPhotograph, Result<Unit, PqfError>> Found { get; init; } = _ => default(Unit);
}

/// <summary>A photograph and what was found in it.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Image">Its pixels.</param>
/// <param name="Detections">Its objects, by falling score.</param>
public sealed record DetectedPhotograph(int Index, PixelImage Image, Detections Detections);

/// <summary>Finds objects in photographs.</summary>
public static class DetectJob
{
    /// <summary>Runs to the end.</summary>
    /// <param name="network">A detector.</param>
    /// <param name="count">Photographs.</param>
    /// <param name="photograph">Gives one, from 0 to <paramref name="count"/> − 1: its pixels, or why it cannot be decoded. Called on
    /// several threads at once.</param>
    /// <param name="options">How to run.</param>
    /// <param name="progress">Receives the number of photographs done.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>What was found in each, or why it cannot be decoded; the first error of <see cref="DetectOptions.Found"/> in place of
    /// all.</returns>
    public static Result<ImmutableArray<Result<Detections, PqfError>>, PqfError> Run(
        Network network,
        int count,
        Func<int, Result<PixelImage, PqfError>> photograph,
        DetectOptions options,
        IProgress<JobProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        using var scope = network.Device.BeginScope();
        var detector = Detector.Create(network.Architecture, network.Parameters, network.Device);
        options.AfterStage(EvaluateJob.Compiling);
        return progress.Stage(
            "detecting",
            "images",
            count,
            report =>
                Result.All(
                    Prefetch
                        .Make(count, options.LoaderThreadCount, photograph, cancellation)
                        .Select(
                            (decoded, index) =>
                            {
                                options.AfterStage(TrainJob.DecodingStage);
                                var found = decoded.Match(
                                    image => Detect(detector, index, image, options),
                                    error => Fail(index, error, options)
                                );
                                report(index + 1);
                                return found;
                            }
                        )
                )
        );
    }

    static Result<Result<Detections, PqfError>, PqfError> Fail(int index, PqfError error, DetectOptions options)
    {
        options.Failed(index, error);
        return new Result<Result<Detections, PqfError>, PqfError>.Ok(error);
    }

    static Result<Result<Detections, PqfError>, PqfError> Detect(Detector detector, int index, PixelImage image, DetectOptions options)
    {
        var all = detector.Detect(Photograph.Of(image), stage => options.AfterStage(stage.ToString()));
        var shown = all with { Items = [.. all.Items.Where(item => item.Score >= options.Threshold)] };
        return options.Found(new(index, image, shown)).Map<Result<Detections, PqfError>>(_ => shown);
    }
}
