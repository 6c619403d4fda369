using System.Globalization;
using Pqf.Compression;
using Pqf.Compression.Allocation;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Reconstruction;
using Pqf.Images;
using Pqf.Tensors;

namespace Pqf;

/// <summary>What settings mean to the jobs.</summary>
static class Jobs
{
    /// <summary>Options of a compression; an error if its folder has no images, or settings contradict each other.</summary>
    public static Result<CompressOptions, PqfError> Compression(CompressSettings settings, int threadCount) =>
        from target in Target(settings)
        from loss in MaxLoss(settings)
        from images in settings.Images is { } folder
            ? ImageSet.OpenUnlabelled(folder, ImageDecoder.Reader).Map<ImageSet?>(found => found)
            : (ImageSet?)null
        select new CompressOptions
        {
            Images = images,
            Target = target,
            MaxLoss = loss,
            Compression = new CompressionSpec
            {
                K = settings.CodebookSize,
                LargeSubvectors = settings.LargeBlocks,
                KMeansIterations = settings.ClusteringIterations,
            },
            Permutation = new PermutationSpec { Proposals = settings.PermutationProposals },
            Reconstruction = new ReconstructionOptions(),
            MeasuresEffects = false,
            Seed = settings.Seed,
            LoaderThreadCount = Threads(threadCount),
            HostThreadCount = threadCount,
        };

    /// <summary>Options of a training.</summary>
    public static Result<TrainOptions, PqfError> Training(TrainSettings settings) =>
        (
            settings.Compress is { MaxLoss: not null }
                ? Wrong("expected TargetBytes or TargetRatio: only ImageNetwork.Compress looks for the smallest size that loses little")
            : settings.Compress is { } compress ? Compression(compress, settings.ThreadCount).Map<CompressOptions?>(options => options)
            : (CompressOptions?)null
        ).Map(compression => new TrainOptions
        {
            Folder = settings.Output,
            Resume = settings.Resumes ? "" : null,
            Compression = compression,
            Seed = settings.Seed,
            Epochs = settings.Epochs,
            LearningRate = settings.LearningRate,
            BatchSize = settings.BatchSize,
            SkipsCorrupt = settings.SkipsCorrupt,
            LoaderThreadCount = Threads(settings.ThreadCount),
            HostThreadCount = settings.ThreadCount,
        });

    static Result<SizeTarget?, PqfError> Target(CompressSettings settings) =>
        settings switch
        {
            { TargetBytes: not null, TargetRatio: not null } => new PqfError.Config(
                "CompressSettings",
                "TargetRatio",
                "expected TargetBytes or TargetRatio, got both"
            ),
            { TargetBytes: { } bytes } => new SizeTarget.Bits(bytes * 8),
            { TargetRatio: { } ratio } => new SizeTarget.Ratio(ratio),
            _ => (SizeTarget?)null,
        };

    static Result<double?, PqfError> MaxLoss(CompressSettings settings) =>
        settings.MaxLoss is not { } loss ? (double?)null
        : !(loss is >= 0 and <= 1) ? Wrong(string.Create(CultureInfo.InvariantCulture, $"expected a share from 0 to 1, got {loss}"))
        : settings.TargetBytes is not null || settings.TargetRatio is not null
            ? Wrong("expected no TargetBytes or TargetRatio beside it, got both")
        : settings.Images is null
            ? Wrong("expected Images, a folder of photographs, some of which are held back to measure the loss, got null")
        : loss;

    static PqfError.Config Wrong(string problem) => new("CompressSettings", nameof(CompressSettings.MaxLoss), problem);

    static int Threads(int count) => count > 0 ? count : Environment.ProcessorCount;
}
