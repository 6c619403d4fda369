using System.Buffers;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Tries all photographs of a calibration before the work: one that cannot be decoded must not cost the work before it is
/// used.</summary>
static class CheckedImages
{
    /// <summary>Decodes each file once, as the calibration will.</summary>
    /// <param name="network">Says how images are prepared.</param>
    /// <param name="options">The images, and whether those that cannot be decoded are left out. Receives the count.</param>
    /// <param name="progress">Receives the stage.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The error of the first image that cannot be decoded, unless such images are left out and others remain.</returns>
    public static Result<Unit, PqfError> Check(
        Network network,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        if (options.Images is not { } images)
            return default(Unit);
        var order = CalibrationImages.Order(images, options);
        int[] files = [.. order.Where(i => images.PathOf(i) is not null).Order()];
        int others = order.Length - files.Length;
        var counted =
            files.Length == 0
                ? 0
                : progress.Stage(
                    "checking photographs",
                    "images",
                    files.Length,
                    report => Count(files, i => Decode(network, images, i), options, report, cancellation),
                    usable => usable
                );
        return counted.Map(usable =>
        {
            options.ImagesCounted(others + usable);
            return default(Unit);
        });
    }

    static Result<int, PqfError> Count(
        int[] files,
        Func<int, Result<Unit, PqfError>> decode,
        CompressOptions options,
        Action<double> report,
        CancellationToken cancellation
    )
    {
        int done = 0,
            usable = 0;
        foreach (var result in Prefetch.Make(files.Length, options.LoaderThreadCount, i => decode(files[i]), cancellation))
        {
            if (result is not Result<Unit, PqfError>.Error(var error))
                usable++;
            else if (options.Skipped is { } skipped)
                skipped.Add(error);
            else
                return error;
            report(++done);
        }

        return usable > 0 ? usable : new PqfError.Images(files.Length, files.Length);
    }

    /// <summary>Decodes as the calibration does, so that an image has one error.</summary>
    static Result<Unit, PqfError> Decode(Network network, ImageSet images, int index)
    {
        if (network.Graph.HasJoints)
            return images.Decode(index).Map(_ => default(Unit));
        int count = Preprocess.InputCount(network.Preprocessing);
        float[] input = ArrayPool<float>.Shared.Rent(count);
        var result = images.Prepare(index, network.Preprocessing, null, input.AsMemory(0, count));
        ArrayPool<float>.Shared.Return(input);
        return result;
    }
}
