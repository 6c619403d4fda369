using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Pqf.Nets.Weights;

namespace Pqf.Compression;

/// <summary>The algorithm that makes the codebooks.</summary>
public enum KMeansType
{
    /// <summary>Lloyd's k-means.</summary>
    KMeans,

    /// <summary>Stochastic relaxation (SR-C): the update sees noise that falls with the iterations.</summary>
    Src,
}

/// <summary>Settings of one layer that differ from the network's; null keeps the network's.</summary>
public sealed record LayerSpec
{
    /// <summary>Centroids wanted, before the cap by the number of blocks.</summary>
    public int? K { get; init; }

    /// <summary>Block length d.</summary>
    public int? SubvectorSize { get; init; }

    /// <summary>d = 2k² instead of k² for k×k kernels.</summary>
    public bool? LargeSubvectors { get; init; }

    /// <summary>Algorithm.</summary>
    public KMeansType? KMeansType { get; init; }

    /// <summary>Iterations n; <c>src</c> runs n + 1.</summary>
    public int? KMeansIterations { get; init; }

    /// <summary>Form of the weight's values, in the place of codes.</summary>
    public ValueForm? Values { get; init; }
}

/// <summary>How to quantise a network: the keys of <c>model.compression_parameters</c>.</summary>
public sealed record CompressionSpec
{
    /// <summary>Layers and modules that stay dense, by name, beside the first convolution, which always does. In ordinal order, so that
    /// equal specs are written as equal bytes.</summary>
    public ImmutableSortedSet<string> IgnoredModules
    {
        get;
        init => field = (value ?? []).WithComparer(StringComparer.Ordinal); // null where a file lacks the key
    } = [];

    /// <summary>Centroids wanted, before the cap by the number of blocks.</summary>
    public int K { get; init; } = 256;

    /// <summary>Block length of linear layers.</summary>
    public int FcSubvectorSize { get; init; } = 4;

    /// <summary>Block length of 1×1 convolutions.</summary>
    public int PwSubvectorSize { get; init; } = 4;

    /// <summary>d = 2k² instead of k² for k×k kernels.</summary>
    public bool LargeSubvectors { get; init; }

    /// <summary>Algorithm.</summary>
    public KMeansType KMeansType { get; init; } = KMeansType.Src;

    /// <summary>Iterations n; <c>src</c> runs n + 1. Published runs: 1,000 (paper, section 5).</summary>
    public int KMeansIterations { get; init; } = 1000;

    /// <summary>Form of weights that are too small for a codebook, and of depthwise convolutions. Null means 8 bits for networks of a graph
    /// of their own, and codes for others.</summary>
    public ValueForm? SmallLayers { get; init; }

    /// <summary>Form of values that are neither codes nor codebooks: of dense weights, biases and norms. Null means half precision for
    /// networks of a graph of their own, and single precision, as published, for others.</summary>
    public ValueForm? DenseValues { get; init; }

    /// <summary>Codebooks in 8 bits with a scale, and dense values in half precision; null is false.</summary>
    public bool? Compact { get; init; }

    internal bool IsCompact => Compact ?? false;

    /// <summary>How files hold codebooks.</summary>
    internal ValueForm CodebookForm => IsCompact ? ValueForm.Scaled8 : ValueForm.Half;

    /// <summary>Exceptions by layer name: <c>fc</c> → k 2048. In ordinal order of the names, as the ignored modules are.</summary>
    public ImmutableSortedDictionary<string, LayerSpec> LayerSpecs
    {
        get;
        init => field = (value ?? ImmutableSortedDictionary<string, LayerSpec>.Empty).WithComparers(StringComparer.Ordinal);
    } = ImmutableSortedDictionary<string, LayerSpec>.Empty;

    /// <summary>The settings with a form of its own for each of some layers.</summary>
    internal CompressionSpec With(ImmutableArray<LayerBlocks> layers, ImmutableArray<LayerForm> forms) =>
        this with
        {
            LayerSpecs = LayerSpecs.SetItems(
                layers.Zip(
                    forms,
                    (layer, form) =>
                        KeyValuePair.Create(
                            layer.Layer,
                            form.Match(
                                codes =>
                                    LayerSpecs.GetValueOrDefault(layer.Layer, new LayerSpec()) with
                                    {
                                        SubvectorSize = codes.D,
                                        K = codes.K,
                                    },
                                values => new LayerSpec { Values = values.Form }
                            )
                        )
                )
            ),
        };
}

/// <summary>One step of the search for a channel order.</summary>
public enum PermutationStrategy
{
    /// <summary>Channels sorted and dealt out over the positions of a block (paper, section 3.2).</summary>
    Greedy,

    /// <summary>Random exchanges, kept when the objective falls.</summary>
    Stochastic,

    /// <summary>Exchanges until none improves.</summary>
    Descent,

    /// <summary>A random order, for comparison.</summary>
    Random,
}

/// <summary>How to search for channel orders: the keys <c>use_permutations</c>, <c>sls_iterations</c>, <c>permutations</c>,
/// <c>permutation_specs</c>.</summary>
public sealed record PermutationSpec
{
    /// <summary>Proposals of <see cref="PermutationStrategy.Stochastic"/> for each group. Published runs: 10,000 (paper, section
    /// 5).</summary>
    public int Proposals { get; init; } = 10_000;

    /// <summary>Steps, each starting from the result of the one before.</summary>
    public ImmutableArray<PermutationStrategy> Strategies { get; init; } = [PermutationStrategy.Greedy, PermutationStrategy.Stochastic];

    /// <summary>Steps of single children, by layer name.</summary>
    public ImmutableDictionary<string, ImmutableArray<PermutationStrategy>> LayerStrategies { get; init; } =
        ImmutableDictionary<string, ImmutableArray<PermutationStrategy>>.Empty;

    /// <summary>Shapes through which the channels of single children are seen, by layer name: [rows, channels, height, width] of a linear
    /// layer after flattened cells. The graph says the same; another shape is refused.</summary>
    public ImmutableDictionary<string, ImmutableArray<int>> LayerReshapes { get; init; } =
        ImmutableDictionary<string, ImmutableArray<int>>.Empty;

    /// <summary>If not empty, only these groups; the order of children decides which child is optimised.</summary>
    public ImmutableArray<(ImmutableArray<string> Parents, ImmutableArray<string> Children)> Groups { get; init; } = [];
}
