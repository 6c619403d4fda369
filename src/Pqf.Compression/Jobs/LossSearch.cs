using System.Collections.Immutable;
using System.Globalization;
using Pqf.Compression.Allocation;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Architectures;
using Pqf.Nets.Metrics;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>A size that was tried.</summary>
/// <param name="SizeBytes">Of the largest file.</param>
/// <param name="Agreement">Photographs held back for which the first answer is the dense network's.</param>
/// <param name="Passes">Whether these are enough.</param>
public sealed record SizeTrial(long SizeBytes, Proportion Agreement, bool Passes);

/// <summary>How the smallest size that loses little was found.</summary>
/// <param name="MaxLoss">Share of the photographs held back for which the first answers may differ.</param>
/// <param name="HeldBack">Photographs held back from calibration.</param>
/// <param name="Trials">The sizes tried, in their order.</param>
public sealed record SizeSearch(double MaxLoss, int HeldBack, ImmutableArray<SizeTrial> Trials)
{
    /// <summary>The smallest size that passes: the one that was taken.</summary>
    public SizeTrial Taken => Trials.Where(trial => trial.Passes).MinBy(trial => trial.SizeBytes)!;
}

/// <summary>Finds the smallest size whose first answers are the dense network's for most of some photographs, which are held back from
/// calibration. Each size is compressed and calibrated to its end, and measured.</summary>
static class LossSearch
{
    // A fifth, as reconstruction holds back for its corrections. Of more photographs than calibration takes: a fifth of what is used.
    const int HeldBackEvery = 5,
        MostHeldBack = CalibrationImages.MostImages / (HeldBackEvery - 1);

    const string Key = "max_loss";

    /// <summary>Whether a network's first answers can be compared on the images that there are.</summary>
    public static Result<Unit, PqfError> Check(Network network, CompressOptions options) =>
        options.Target is not null ? Wrong("expected no target size or ratio beside it, got both")
        : options.Images is not { } images
            ? Wrong("expected photographs to calibrate on, some of which are held back to measure the loss, got none")
        : images.Count < 2 ? Wrong($"expected two photographs at least, one to calibrate on and one to measure on, got {images.Count}")
        : Networks.TaskOf(network.Architecture) != NetworkTask.Classification
            ? Wrong(
                "expected a network that classifies images, whose first answers are compared; "
                    + $"{(network.Path is "" ? network.Architecture.Name : network.Path)} does not"
            )
        : default(Unit);

    static PqfError.Config Wrong(string problem) => new("command line", Key, problem);

    /// <summary>Photographs to calibrate on, and those to measure on: a fifth, one at least.</summary>
    /// <param name="images">Two at least.</param>
    /// <param name="key">Draws them.</param>
    public static (ImageSet Seen, ImageSet HeldBack) Split(ImageSet images, RngKey key)
    {
        ImmutableArray<int> order = [.. key.Fold("held back").Permutation(images.Count)];
        int held = Math.Clamp(images.Count / HeldBackEvery, 1, MostHeldBack);
        return (new ImageSet.Part(images, [.. order.Skip(held)]), new ImageSet.Part(images, [.. order.Take(held)]));
    }

    /// <summary>As <see cref="CheckedImages.Check"/>, of the photographs to calibrate on and of those to measure on.</summary>
    public static Result<Unit, PqfError> CheckImages(
        Network network,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        var (seen, held) = Split(options.Images!, options.Key);
        return from _ in CheckedImages.Check(network, options with { Images = seen }, progress, cancellation)
            from measured in CheckedImages.Check(
                network,
                options with
                {
                    Images = held,
                    ImagesCounted = count => { },
                },
                progress,
                cancellation
            )
            select measured;
    }

    /// <summary>Runs to the end.</summary>
    /// <param name="network">As checked.</param>
    /// <param name="maxLoss">Share of first answers that may differ, 0 … 1.</param>
    /// <param name="options">The compression, settled.</param>
    /// <param name="progress">Receives stages and notes.</param>
    /// <param name="cancellation">Ends the job with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>An error if the middle and the largest size lose more.</returns>
    public static Result<Compressed, PqfError> Run(
        Network network,
        double maxLoss,
        CompressOptions options,
        IProgress<JobProgress>? progress,
        CancellationToken cancellation
    )
    {
        var (seen, held) = Split(options.Images!, options.Key);
        options = options with { Images = seen, MaxLoss = null, OwnsNetwork = false };
        int heldCount = held.UsableCount(options.Skipped);
        progress.Note(Announced(maxLoss, heldCount, seen.UsableCount(options.Skipped) + heldCount));
        var measure = AllocateJob.FilesOf(network, options);
        var photographs = CompressJob.ImagesOf(network, seen, options, cancellation);
        return from layers in Blocks.Of(network.Graph, options.Compression)
            from range in SizeRange.Whole(measure, layers, options.Compression)
            from dense in CompressJob.WithStatistics(network, options, progress, cancellation)
            from choices in AllocateJob.Measured(dense, layers, measure, photographs, options, progress, cancellation)
            from found in new Trials(network, dense, choices, range, options, maxLoss, held, progress, cancellation).Run()
            select found;
    }

    static string Announced(double maxLoss, int held, int all)
    {
        int allowed = (int)Allowed(maxLoss, held);
        string line =
            $"{held} of {Plural.Of(all, "photograph")} {(held == 1 ? "is" : "are")} held back from calibration: on them the first "
            + $"answers are compared with the dense network's, and {(allowed == 0 ? "none" : $"{allowed} at most")} may differ";
        return allowed == 0 && maxLoss > 0
            ? line + string.Create(CultureInfo.InvariantCulture, $" (one is {100.0 / held:0.0} points; more photographs measure finer)")
            : line;
    }

    /// <summary>How many of some first answers may differ: not rounded down where the product is a hair below a whole number.</summary>
    public static double Allowed(double maxLoss, int count) => (maxLoss * count) + 1e-9;

    /// <summary>The error of a loss that no size keeps to of those that were tried.</summary>
    /// <param name="maxLoss">As for <see cref="Run"/>.</param>
    /// <param name="trials">None passes; one alone where the middle size and the largest are one network.</param>
    public static PqfError Refused(double maxLoss, ImmutableArray<SizeTrial> trials)
    {
        // A larger size may keep fewer answers.
        var best = trials.MaxBy(trial => trial.Agreement.Correct)!.Agreement;
        int lost = best.Count - best.Correct;
        double points = ((1000 * lost) + best.Count - 1) / best.Count / 10.0;
        var (which, give) = trials.Length == 1 ? ("not even the largest", "gives") : ("neither the middle nor the largest", "give");
        string sizes = string.Join(" and ", trials.Select(trial => $"{Figures.Count(trial.SizeBytes)} bytes")),
            answers = string.Join(" and ", trials.Select(trial => $"{trial.Agreement.Correct}")),
            remedy = best.Correct == 0
                ? "calibrate on more photographs"
                : string.Create(CultureInfo.InvariantCulture, $"expected {points:0.0} or more, got {100 * maxLoss:0.##}");
        return new PqfError.Layer(
            Key,
            $"{which} size keeps that many answers: {sizes} {give} the dense network's first answer for "
                + $"{answers} of {Plural.Of(best.Count, "photograph")} held back, and {Figures.Percent(1 - maxLoss)} are wanted; {remedy}"
        );
    }
}
