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
    /// <summary>Options of a compression; an error if its folder has no images, or it asks for two sizes.</summary>
    public static Result<CompressOptions, PqfError> Compression(CompressSettings settings, int threadCount) =>
        from target in Target(settings)
        from images in settings.Images is { } folder
            ? ImageSet.OpenUnlabelled(folder, ImageDecoder.Reader).Map<ImageSet?>(found => found)
            : (ImageSet?)null
        select new CompressOptions
        {
            Images = images,
            Target = target,
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
            settings.Compress is { } compress
                ? Compression(compress, settings.ThreadCount).Map<CompressOptions?>(options => options)
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

    static int Threads(int count) => count > 0 ? count : Environment.ProcessorCount;
}
