using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>A compressed classifier beside its dense form, on photographs of the compression.</summary>
/// <param name="Images">The photographs, without labels.</param>
/// <param name="AreHeldBack">Whether they were held back from calibration. Otherwise they are those that it used.</param>
/// <param name="Comparison">The dense network is the first.</param>
public sealed record CompressedAnswers(ImageSet Images, bool AreHeldBack, Comparison Comparison)
{
    /// <summary>Compares the networks on the photographs held back from calibration, or on those that it used where none were.</summary>
    /// <param name="dense">The dense network, whose values are as they were before the compression.</param>
    /// <param name="compressed">What compressing it gave.</param>
    /// <param name="options">Of the compression.</param>
    /// <param name="progress">Receives the number of images done.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>Null where the network is not a classifier, and without photographs.</returns>
    public static Result<CompressedAnswers?, PqfError> Of(
        Network dense,
        Compressed compressed,
        CompressOptions options,
        IProgress<JobProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (options.Images is not { } images || images is ImageSet.Synthetic)
            return (CompressedAnswers?)null;
        if (Networks.TaskOf(dense.Architecture) != NetworkTask.Classification)
            return (CompressedAnswers?)null;
        bool areHeldBack = compressed.Search is not null || compressed.State.Distillation is not null;
        var (seen, held) = areHeldBack ? LossSearch.Split(images, options.Key) : (images, images);
        var shown = areHeldBack ? held : Used(images, options);
        var measured = new EvaluateOptions
        {
            BatchSize = options.BatchSize,
            ThreadCount = options.LoaderThreadCount,
            Skipped = options.Skipped,
        };
        return from first in CompressJob.WithStatistics(dense, options with { Images = seen }, progress, cancellation)
            let second = dense with
            {
                Model = compressed.Model.AsStored(),
            }
            from comparison in CompareJob.RunWithoutNotes(first, second, shown, measured, progress, cancellation)
            select new CompressedAnswers(shown, areHeldBack, comparison);
    }

    /// <summary>The images that calibration uses, in the order of their folder.</summary>
    static ImageSet Used(ImageSet images, CompressOptions options) =>
        images.Count <= CompressOptions.MostImages
            ? images
            : new ImageSet.Part(images, [.. CalibrationImages.Order(images, options).Order()]);
}
