using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;

namespace Pqf.Compression;

/// <summary>Layers for which a codebook does not pay.</summary>
static class SmallLayers
{
    // A codebook of few blocks takes most of the size and still loses more than rounding to 8 bits does.
    const double LargestShare = 0.5;

    /// <summary>The settings with a form for the values of depthwise convolutions and of weights whose codes and codebook would take more
    /// than half of what 8 bits a value take. Layers that the settings name keep theirs.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="spec">The settings.</param>
    /// <param name="form">Of the small layers.</param>
    public static CompressionSpec Of(Graph graph, CompressionSpec spec, ValueForm form)
    {
        var depthwise = graph
            .Nodes.OfType<Conv2dLayer>()
            .Where(layer => layer.Options.Groups > 1 && layer.Options.Groups == layer.InChannels)
            .Select(layer => layer.Name)
            .ToHashSet();
        var small = ParameterSpecs
            .Of(graph)
            .Where(weight =>
                weight.Role == ParameterRole.Weight
                && weight.Layer != graph.FirstConvolution
                && !spec.LayerSpecs.ContainsKey(weight.Layer)
                && !spec.IgnoredModules.Any(name => Blocks.IsWithin(weight.Layer, name))
                && (depthwise.Contains(weight.Layer) || IsSmall(weight, spec))
            );
        return spec with
        {
            LayerSpecs = spec.LayerSpecs.SetItems(
                small.Select(weight => KeyValuePair.Create(weight.Layer, new LayerSpec { Values = form }))
            ),
        };
    }

    static bool IsSmall(ParameterSpec weight, CompressionSpec spec)
    {
        int row = weight.Shape.Count / Math.Max(1, weight.Shape[0]);
        if (row == 0)
            return false;
        int d = Blocks.LargestDivisor(row, Math.Max(1, Blocks.BlockLength(weight.Shape, spec, new LayerSpec()))),
            blocks = weight.Shape.Count / d,
            k = Math.Min(spec.K, Blocks.LargestCodebook(blocks));
        return Cost.BitsOf(blocks, k, d) > LargestShare * ValueForm.Scaled8.SizeBits(weight.Shape.Count, weight.Shape[0]);
    }
}
