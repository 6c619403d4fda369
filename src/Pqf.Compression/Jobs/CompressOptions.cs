using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Pqf.Compression.Collectives;
using Pqf.Compression.Data;
using Pqf.Compression.Model;
using Pqf.Compression.Reconstruction;
using Pqf.Compression.Steps;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Jobs;

/// <summary>How a network is compressed.</summary>
public sealed record CompressOptions
{
    /// <summary>How channel orders are searched; null keeps them.</summary>
    public PermutationSpec? Permutation { get; init; } = new();

    /// <summary>How weights are quantised; layers under the names of the graph, or those that other programs have for them.</summary>
    public CompressionSpec Compression { get; init; } = new();

    /// <summary>The size that block lengths and codebook sizes are chosen for, layer by layer; null takes those of <see
    /// cref="Compression"/>.</summary>
    public SizeTarget? Target { get; init; }

    /// <summary>The smallest size is looked for whose first answers differ from the dense network's for at most this share of the
    /// photographs held back, 0 … 1; null looks for none. It needs <see cref="Images"/>, and no <see cref="Target"/>.</summary>
    public double? MaxLoss { get; init; }

    /// <summary>Kinds of the files that will be written: a target in bits holds for each of them.</summary>
    public ImmutableArray<ModelFormat> Formats { get; init; } = [ModelFormat.Pqf];

    /// <summary>A file of weights per column of blocks: <see cref="QuantiseByColumns.Read"/>; null weighs all alike.</summary>
    public string? ColumnWeights { get; init; }

    /// <summary>One seed, one result, whatever the number of threads.</summary>
    public long Seed { get; init; }

    /// <summary>Images that are used at most; of more, a random choice.</summary>
    public const int MostImages = 1024;

    /// <summary>Images, without labels, on which the norms are estimated again; null keeps the norms.</summary>
    public ImageSet? Images { get; init; }

    /// <summary>Receives those that cannot be decoded and are left out; null where such an image is an error.</summary>
    public SkippedImages? Skipped { get; init; }

    /// <summary>Called before the work with the number of images that are used: those that can be decoded.</summary>
    public Action<int> ImagesCounted { get; init; } = _ => { };

    /// <summary>How layers are reconstructed on the images; null estimates norms alone.</summary>
    public ReconstructionOptions? Reconstruction { get; init; }

    /// <summary>How the network is trained on the dense network's answers to the images, after its layers are reconstructed; null does
    /// not train it.</summary>
    public DistillationPlan? Distillation { get; init; }

    /// <summary>Images held back from all steps, on which the trained network is measured.</summary>
    internal ImageSet? HeldBack { get; init; }

    /// <summary>Whether <see cref="MeasureEffects"/> ends the job, where there are images: for whoever reads the layers'
    /// reports.</summary>
    public bool MeasuresEffects { get; init; } = true;

    /// <summary>Whether a note says so if the dense network gives nearly the same answer to all images: for whoever has not measured
    /// it.</summary>
    public bool NotesAnswers { get; init; } = true;

    /// <summary>Most images at a time.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Threads that decode images, at least 1.</summary>
    public int LoaderThreadCount { get; init; } = 1;

    /// <summary>Threads of the host where the network is on another device; 0 takes all cores.</summary>
    public int HostThreadCount { get; init; }

    /// <summary>The processes that compress together, each with the same network and options. The result is the same for any number of
    /// them.</summary>
    public ICollective Ranks { get; init; } = Alone.Instance;

    /// <summary>Version of the program, for the file's provenance.</summary>
    public string ToolVersion { get; init; } = "";

    /// <summary>Whether the job may use the network's memory for its own values and give it back. The network cannot be used afterwards.
    /// The result is the same, and takes less than half the memory; without effect where the job has images, for which it needs the dense
    /// values to the end.</summary>
    public bool OwnsNetwork { get; init; }

    /// <summary>Times groups and layers; null leaves their seconds at 0.</summary>
    public TimeProvider? Clock { get; init; }

    /// <summary>Called once nothing can be refused any more, before any work: to make what results go to. An error ends the job.</summary>
    public Func<Result<Unit, PqfError>> BeforeWork { get; init; } = () => default(Unit);

    /// <summary>Called with the network as quantised, before its norms are estimated again. An error ends the job.</summary>
    public Func<Compressed, Result<Unit, PqfError>> AfterQuantising { get; init; } = _ => default(Unit);

    internal RngKey Key => RngKey.FromSeed(Seed);

    /// <summary>Runs what needs the host: on a network's own device where that is the host, else on one that lives for the call.</summary>
    internal T OnHost<T>(Device device, Func<HostDevice, T> run)
    {
        if (device is HostDevice host)
            return run(host);
        using var own = new HostDevice(HostThreadCount);
        return run(own);
    }
}

/// <summary>What compressing a network gave.</summary>
/// <param name="Model">The compressed network, with how and from what it was made. Its norms have the statistics of the images, if there
/// were any.</param>
/// <param name="State">Reports of groups and layers.</param>
public sealed record Compressed(PqfModel Model, CompressionState State)
{
    /// <summary>The search for the smallest size that loses little; null where none was asked for.</summary>
    public SizeSearch? Search { get; init; }
}
