using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Metrics;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Compresses a network to one size after the other, and measures each on photographs held back.</summary>
/// <param name="network">Dense.</param>
/// <param name="dense">The same, with the statistics of its norms: whose first answers count.</param>
/// <param name="choices">Of its layers.</param>
/// <param name="range">Of its sizes.</param>
/// <param name="options">The compression, with the photographs to calibrate on.</param>
/// <param name="maxLoss">Share of first answers that may differ.</param>
/// <param name="heldBack">Photographs to measure on.</param>
/// <param name="progress">Receives stages and notes.</param>
/// <param name="cancellation">Ends the search with an <see cref="OperationCanceledException"/>.</param>
sealed class Trials(
    Network network,
    Network dense,
    MeasuredChoices choices,
    SizeRange range,
    CompressOptions options,
    double maxLoss,
    ImageSet heldBack,
    IProgress<JobProgress>? progress,
    CancellationToken cancellation
)
{
    readonly List<(CompressionSpec Spec, SizeTrial Trial)> tried = [];
    Compressed? smallest;

    /// <summary>The smallest network that passes, or the error of a loss that no size keeps to of those that were tried.</summary>
    public Result<Compressed, PqfError> Run()
    {
        for (var search = new SizeBisection(range.Least, range.Most); search.Next is { } size; )
        {
            var trial = Try(size);
            if (trial is Result<SizeTrial, PqfError>.Error(var error))
                return error;
            search = search.After(((Result<SizeTrial, PqfError>.Ok)trial).Value.Passes);
        }

        ImmutableArray<SizeTrial> all = [.. tried.Select(one => one.Trial)];
        return smallest is { } found
            ? found with
            {
                Search = new SizeSearch(maxLoss, heldBack.UsableCount(options.Skipped), all),
            }
            : options.Ranks.Common(LossSearch.Refused(maxLoss, all));
    }

    /// <summary>Compresses to a size and measures, unless another size gave the same blocks and codebooks.</summary>
    Result<SizeTrial, PqfError> Try(long size) =>
        Settings(size)
            .Bind(settings =>
                tried.FirstOrDefault(one => one.Spec.LayerSpecs.SequenceEqual(settings.Spec.LayerSpecs)) is { Trial: { } same }
                    ? same
                    : Measure(settings.Spec, settings.Bits / 8)
            );

    Result<(CompressionSpec Spec, long Bits), PqfError> Settings(long size) =>
        size == range.Most ? (range.Largest, range.Most) : choices.Share(new SizeTarget.Bits(size), range with { Wanted = size });

    Result<SizeTrial, PqfError> Measure(CompressionSpec spec, long sizeBytes)
    {
        cancellation.ThrowIfCancellationRequested();
        progress.Note($"size {tried.Count + 1}, {SizeBisection.MostTrials} at most: {Figures.Count(sizeBytes)} bytes");
        using var scope = network.Device.BeginScope();
        var own = options with { Compression = spec };
        return from compressed in CompressJob.Run(
                network,
                CompressJob.ImagesOf(network, options.Images!, own, cancellation),
                own,
                progress,
                cancellation
            )
            from agreement in options.Ranks.OnFirst(
                () => Compare(compressed),
                agreement => BitConverter.GetBytes(((long)agreement.Correct << 32) | (uint)agreement.Count),
                bytes => new Proportion((int)(BitConverter.ToInt64(bytes) >> 32), (int)BitConverter.ToInt64(bytes))
            )
            select Keep(scope, spec, compressed, new(sizeBytes, agreement, Passes(agreement)));
    }

    Result<Proportion, PqfError> Compare(Compressed compressed) =>
        CompareJob
            .RunWithoutNotes(
                dense,
                network with
                {
                    Model = compressed.Model.AsStored(),
                },
                heldBack,
                new EvaluateOptions
                {
                    BatchSize = options.BatchSize,
                    ThreadCount = options.LoaderThreadCount,
                    Skipped = options.Skipped,
                },
                progress,
                cancellation
            )
            .Map(compared => compared.Agreement);

    bool Passes(Proportion agreement) => agreement.Count - agreement.Correct <= LossSearch.Allowed(maxLoss, agreement.Count);

    /// <summary>Notes what a size gave, and keeps the network if it is the smallest that passes so far.</summary>
    SizeTrial Keep(Tensors.Devices.Scope scope, CompressionSpec spec, Compressed compressed, SizeTrial trial)
    {
        tried.Add((spec, trial));
        progress.Note(
            $"{Figures.Count(trial.SizeBytes)} bytes: {trial.Agreement.Correct} of {trial.Agreement.Count} first answers are the dense "
                + $"network's ({Figures.Percent(trial.Agreement.Value)}; {Figures.Percent(1 - maxLoss)} wanted): "
                + (trial.Passes ? "enough" : "too few")
        );
        if (!trial.Passes)
            return trial;
        scope.KeepAll(compressed.Model.Parameters.Tensors());
        // The state's other values are those of this size alone, and end with it.
        smallest = compressed with
        {
            State = compressed.State with { Parameters = compressed.Model.Parameters, Dense = null },
        };
        return trial;
    }
}
