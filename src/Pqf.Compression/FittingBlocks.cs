using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;

namespace Pqf.Compression;

/// <summary>Settings of a network whose sizes nobody chose for blocks of four.</summary>
static class FittingBlocks
{
    /// <summary>The settings with block lengths that divide the rows of every layer. Depthwise convolutions stay dense: they have few
    /// values, and each of their filters is a channel's only one.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="spec">What is wanted; layers that it names keep their settings.</param>
    public static CompressionSpec Of(Graph graph, CompressionSpec spec)
    {
        var depthwise = graph
            .Nodes.OfType<Conv2dLayer>()
            .Where(layer =>
                layer.Options.Groups > 1 && layer.Options.Groups == layer.InChannels && !spec.LayerSpecs.ContainsKey(layer.Name)
            )
            .Select(layer => layer.Name);
        var layers = spec.LayerSpecs;
        foreach (var weight in ParameterSpecs.Of(graph).Where(parameter => parameter.Role == ParameterRole.Weight))
        {
            var own = layers.GetValueOrDefault(weight.Layer, new LayerSpec());
            int row = weight.Shape.Count / Math.Max(1, weight.Shape[0]),
                wanted = Blocks.BlockLength(weight.Shape, spec, own);
            if (own.SubvectorSize is null && wanted > 0 && row > 0 && row % wanted != 0)
                layers = layers.SetItem(weight.Layer, own with { SubvectorSize = LargestDivisor(row, wanted) });
        }

        return spec with
        {
            IgnoredModules = spec.IgnoredModules.Union(depthwise),
            LayerSpecs = layers,
        };
    }

    static int LargestDivisor(int length, int most) => Enumerable.Range(1, most).Last(divisor => length % divisor == 0);
}
