namespace Pqf;

/// <summary>How a network is compressed. Defaults are the paper's (arXiv 2010.15703, section 5).</summary>
public sealed record CompressSettings
{
    /// <summary>Folder of photographs, without labels, on which layers and norms are fitted to the dense network's outputs; null
    /// leaves that out, and most of the accuracy is lost until the network is trained.</summary>
    public string? Images { get; init; }

    /// <summary>Maximum size of the <c>.pqf</c> file, in bytes: block lengths and codebook sizes are chosen layer by layer. Null for no
    /// such limit.</summary>
    public long? TargetBytes { get; init; }

    /// <summary>Number of times, above 1, that the network gets smaller at least: block lengths and codebook sizes are chosen layer by
    /// layer. It compares parameters, as the paper does: a file has a few per cent around them.</summary>
    public double? TargetRatio { get; init; }

    /// <summary>The smallest network is looked for whose first answers differ from the dense network's for at most this share of the
    /// photographs held back, 0 … 1: a fifth of <see cref="Images"/>, which it needs. Several sizes are compressed and measured. Null looks
    /// for none; with a target it is refused.</summary>
    public double? MaxLoss { get; init; }

    /// <summary>Centroids of each codebook, 2 … 65,536.</summary>
    public int CodebookSize { get; init; } = 256;

    /// <summary>Blocks of k×k convolutions have 2k² values instead of k²: files are smaller, errors larger.</summary>
    public bool LargeBlocks { get; init; }

    /// <summary>Iterations of k-means for each layer. Fewer are faster and less exact.</summary>
    public int ClusteringIterations { get; init; } = 1000;

    /// <summary>Random exchanges tried for each group of channels.</summary>
    public int PermutationProposals { get; init; } = 10_000;

    /// <summary>One seed gives one file, whatever the number of threads.</summary>
    public long Seed { get; init; }
}
