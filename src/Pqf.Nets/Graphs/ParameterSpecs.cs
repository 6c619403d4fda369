using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Nets.Graphs;

/// <summary>What a parameter is to its layer.</summary>
public enum ParameterRole
{
    /// <summary>Weight of a convolution or linear layer: what can be quantised.</summary>
    Weight,

    /// <summary>Bias of a convolution or linear layer.</summary>
    Bias,

    /// <summary>Scale of a norm.</summary>
    NormWeight,

    /// <summary>Shift of a norm.</summary>
    NormBias,

    /// <summary>Mean that a norm subtracts.</summary>
    RunningMean,

    /// <summary>Variance that a norm divides by.</summary>
    RunningVar,

    /// <summary>Values of another layer, often one a channel: slopes, scales, shifts.</summary>
    Vector,
}

/// <summary>One tensor that a graph needs.</summary>
/// <param name="Name">Its name in a state dict.</param>
/// <param name="Layer">Its layer's name: the part before the last dot.</param>
/// <param name="Shape">Its dense shape.</param>
/// <param name="Role">What it is to its layer.</param>
/// <param name="Initial">How it starts before training.</param>
/// <param name="IsFrozen">Whether it is a constant that training does not change.</param>
public sealed record ParameterSpec(string Name, string Layer, Shape Shape, ParameterRole Role, InitialValues Initial, bool IsFrozen = false)
{
    /// <summary>A layer's weight, and its bias if it has one.</summary>
    /// <param name="layer">The layer's name.</param>
    /// <param name="weight">The weight's shape.</param>
    /// <param name="initial">How the weight starts; the bias starts within the weight's fan-in.</param>
    /// <param name="biasLength">Length of the bias; null if there is none.</param>
    internal static ImmutableArray<ParameterSpec> WeightAndBias(string layer, Shape weight, InitialValues initial, int? biasLength)
    {
        var spec = new ParameterSpec($"{layer}.weight", layer, weight, ParameterRole.Weight, initial);
        return biasLength is { } length
            ? [spec, new($"{layer}.bias", layer, [length], ParameterRole.Bias, InitialValues.WithinFanIn(weight))]
            : [spec];
    }
}

/// <summary>The tensors that a graph needs, as PyTorch names and orders them.</summary>
public static class ParameterSpecs
{
    /// <summary>In graph order; a layer used twice counts once.</summary>
    public static ImmutableArray<ParameterSpec> Of(Graph graph) =>
        [.. graph.Nodes.SelectMany(node => node.Parameters).DistinctBy(spec => spec.Name)];
}
