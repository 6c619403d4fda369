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
}

/// <summary>One tensor that a graph needs.</summary>
/// <param name="Name">Its name in a state dict.</param>
/// <param name="Layer">Its layer's name: the part before the last dot.</param>
/// <param name="Shape">Its dense shape.</param>
/// <param name="Role">What it is to its layer.</param>
public sealed record ParameterSpec(string Name, string Layer, Shape Shape, ParameterRole Role);

/// <summary>The tensors that a graph needs, as PyTorch names and orders them.</summary>
public static class ParameterSpecs
{
    /// <summary>In graph order; a layer used twice counts once.</summary>
    public static ImmutableArray<ParameterSpec> Of(Graph graph) =>
        [.. graph.Nodes.SelectMany(node => Of(node)).DistinctBy(spec => spec.Name)];

    /// <summary>Tensors of one node; none for a node without a layer.</summary>
    public static ImmutableArray<ParameterSpec> Of(Node node) =>
        node switch
        {
            Node.Conv2d n => Weighted(n.Layer, WeightShape(n), n.HasBias),
            Node.ConvTranspose2d n => Weighted(n.Layer, WeightShape(n), n.HasBias, n.OutChannels),
            Node.Linear n => Weighted(n.Layer, [n.OutFeatures, n.InFeatures], n.HasBias),
            Node.BatchNorm n =>
            [
                new($"{n.Layer}.weight", n.Layer, [n.Channels], ParameterRole.NormWeight),
                new($"{n.Layer}.bias", n.Layer, [n.Channels], ParameterRole.NormBias),
                new($"{n.Layer}.running_mean", n.Layer, [n.Channels], ParameterRole.RunningMean),
                new($"{n.Layer}.running_var", n.Layer, [n.Channels], ParameterRole.RunningVar),
            ],
            _ => [],
        };

    internal static Shape WeightShape(Node.Conv2d n) => [n.OutChannels, n.InChannels / n.Options.Groups, n.KernelSize.H, n.KernelSize.W];

    internal static Shape WeightShape(Node.ConvTranspose2d n) => [n.InChannels, n.OutChannels, n.KernelSize.H, n.KernelSize.W];

    static ImmutableArray<ParameterSpec> Weighted(string layer, Shape weight, bool hasBias) => Weighted(layer, weight, hasBias, weight[0]);

    static ImmutableArray<ParameterSpec> Weighted(string layer, Shape weight, bool hasBias, int outputs)
    {
        var spec = new ParameterSpec($"{layer}.weight", layer, weight, ParameterRole.Weight);
        return hasBias ? [spec, new($"{layer}.bias", layer, [outputs], ParameterRole.Bias)] : [spec];
    }
}
