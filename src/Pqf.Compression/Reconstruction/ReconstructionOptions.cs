using System.Collections.Immutable;

namespace Pqf.Compression.Reconstruction;

/// <summary>How layers are reconstructed. What was measured of them is in docs/decisions.md.</summary>
public sealed record ReconstructionOptions
{
    /// <summary>Output pixels of a photograph whose patches are taken; neighbours tell little more.</summary>
    public int PatchesPerImage { get; init; } = 49;

    /// <summary>Patches of all photographs that are taken at least, if there are so many: more of each where photographs are few and
    /// large.</summary>
    public int LeastPatches { get; init; } = 10_000;

    /// <summary>Added to the diagonal of the inputs' covariance, as a part of its mean.</summary>
    public float Damping { get; init; } = 0.1f;

    /// <summary>How strongly weights that make up for earlier layers' errors are held to the dense ones, as parts of the covariance's mean
    /// diagonal. Photographs held back choose among them, and no correction at all.</summary>
    public ImmutableArray<float> Corrections { get; init; } = [1f, 3f];

    /// <summary>Iterations of k-means at the start.</summary>
    public int ClusterIterations { get; init; } = 6;

    /// <summary>Steps of least squares for the codebook, each time.</summary>
    public int FitSteps { get; init; } = 6;

    /// <summary>Sweeps of coordinate descent, with least squares after each.</summary>
    public int Sweeps { get; init; } = 8;

    /// <summary>Steps of least squares between two sweeps.</summary>
    public int SweepFitSteps { get; init; } = 3;

    /// <summary>Deviation of the noise on the codebook before the first sweep, as a part of its root mean square; it falls to 0 before the
    /// last.</summary>
    public float SweepNoise { get; init; } = 0.1f;

    /// <summary>Most columns of one covariance; those of a longer row are cut into stretches of at most so many. At most as many as the
    /// patches seen, too.</summary>
    public int MostColumns { get; init; } = 4608;

    /// <summary>One batch in so many is held back to choose corrections.</summary>
    public int HeldBackEvery { get; init; } = 5;

    /// <summary>Fewer photographs than so many are used several times, cut at random and mirrored or not, up to this number in all; those
    /// of a detector are mirrored alone.</summary>
    public int VaryBelow { get; init; } = 1600;

    /// <summary>Times that a photograph is used at most, beside the one as it is.</summary>
    public int MostVariations { get; init; } = 5;

    /// <summary>Bytes that the values of the network's layers on all photographs may take; photographs beyond are not used.</summary>
    public long MemoryLimit { get; init; } = 4L << 30;

    /// <summary>Bytes that these values may take with variations of the photographs. Variations beyond are used from the layer on from
    /// which the values are small enough.</summary>
    public long VariedMemoryLimit { get; init; } = 1L << 30;
}
