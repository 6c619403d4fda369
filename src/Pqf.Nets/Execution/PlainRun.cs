using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Nets.Execution;

/// <summary>What the layers of one plain run read: parameters, images, boxes; and what norms saw.</summary>
/// <param name="parameters">Values by name.</param>
/// <param name="images">[N, H, W, C].</param>
sealed class PlainRun(Parameters parameters, Tensor<float> images)
{
    readonly List<NormStatistics> statistics = [];

    /// <summary>[N, H, W, C].</summary>
    public Tensor<float> Images => images;

    /// <summary>What joints cut into cells.</summary>
    public ImmutableArray<RoiBox> Boxes { get; init; } = [];

    /// <summary>What norms divide by.</summary>
    public NormMode Mode { get; init; } = NormMode.Running;

    /// <summary>Whether norms report the statistics of what they read.</summary>
    public bool NeedsStatistics { get; init; }

    /// <summary>What norms reported so far.</summary>
    public IReadOnlyList<NormStatistics> Statistics => statistics;

    /// <summary>A parameter, decoded if it is quantised.</summary>
    /// <exception cref="KeyNotFoundException">It is missing.</exception>
    public Tensor<float> Parameter(string name) => parameters[name].Decode();

    /// <summary>The weight of a layer.</summary>
    public Tensor<float> Weight(string layer) => Parameter($"{layer}.weight");

    /// <summary>The bias of a layer, if it has one.</summary>
    public Tensor<float>? Bias(string layer, bool hasBias) => hasBias ? Parameter($"{layer}.bias") : null;

    /// <summary>Reports what a norm read.</summary>
    public void Add(NormStatistics seen) => statistics.Add(seen);
}
