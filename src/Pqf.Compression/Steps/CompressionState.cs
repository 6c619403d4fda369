using System.Collections.Immutable;
using Pqf.Compression.Collectives;
using Pqf.Compression.Reconstruction;
using Pqf.Compression.Training;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Steps;

/// <summary>A network on its way from dense to compressed, and what the steps so far reported.</summary>
/// <param name="Graph">The network.</param>
/// <param name="Parameters">Its values, dense or quantised.</param>
/// <param name="Host">Device for sums in double precision; its threads are used, not its memory. The parameters may be on another
/// device.</param>
public sealed record CompressionState(Graph Graph, Parameters Parameters, HostDevice Host)
{
    /// <summary>Whether steps may reorder the parameters' values in their memory, and give back that of a weight once it has codes: the
    /// parameters that a run starts from are then its own, and of no use to anyone afterwards.</summary>
    public bool OwnsParameters { get; init; }

    /// <summary>The processes that compress together, each with the same values. Reports of steps that run on rank 0 alone are there
    /// alone.</summary>
    public ICollective Ranks { get; init; } = Alone.Instance;

    /// <summary>What is known of the layers' inputs, by layer name, in the present order of channels. Empty where nothing is
    /// known.</summary>
    public ImmutableDictionary<string, LayerInputs> Inputs { get; init; } = ImmutableDictionary<string, LayerInputs>.Empty;

    /// <summary>The values right before quantising, in the present order of channels; null before that, and where the steps own the
    /// parameters. What reconstruction aims at.</summary>
    public Parameters? Dense { get; init; }

    /// <summary>Channel orders found by <see cref="Permute"/>, one for each group.</summary>
    public ImmutableArray<PermutationReport> Groups { get; init; } = [];

    /// <summary>Layers quantised, in graph order.</summary>
    public ImmutableArray<LayerReport> Layers { get; init; } = [];

    /// <summary>Layers whose weights have no codes, in graph order; empty before <see cref="StoreDense"/>.</summary>
    public ImmutableArray<StoredLayer> Stored { get; init; } = [];

    /// <summary>Layers reconstructed, in graph order.</summary>
    public ImmutableArray<LayerReconstruction> Reconstructions { get; init; } = [];

    /// <summary>What training on the dense network's answers gave; null without it.</summary>
    public DistillationReport? Distillation { get; init; }

    /// <summary>Epochs of fine-tuning; null without it.</summary>
    public TrainingProgress? Training { get; init; }
}
