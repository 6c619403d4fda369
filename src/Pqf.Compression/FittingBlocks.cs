using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;

namespace Pqf.Compression;

/// <summary>Settings of a network whose sizes nobody chose for blocks of four.</summary>
static class FittingBlocks
{
    /// <summary>The settings with block lengths that divide the rows of every layer. Depthwise convolutions and layers that are too small
    /// for a codebook are held in 8 bits a value, other values in half precision, unless the settings have other forms.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="spec">What is wanted; layers that it names keep their settings.</param>
    /// <param name="smallShare">As for <see cref="SmallLayers"/>.</param>
    public static CompressionSpec Of(Graph graph, CompressionSpec spec, double smallShare = SmallLayers.UsualShare)
    {
        spec = SmallLayers.Of(graph, spec, SmallLayers.FormForGraph(spec), smallShare) with
        {
            DenseValues = spec.DenseValues ?? ValueForm.Half,
        };
        var layers = spec.LayerSpecs;
        foreach (var weight in ParameterSpecs.Of(graph).Where(parameter => parameter.Role == ParameterRole.Weight))
        {
            var own = layers.GetValueOrDefault(weight.Layer, new LayerSpec());
            int row = weight.Shape.Count / Math.Max(1, weight.Shape[0]),
                wanted = Blocks.BlockLength(weight.Shape, spec, own);
            if (own is { SubvectorSize: null, Values: null } && wanted > 0 && row > 0 && row % wanted != 0)
                layers = layers.SetItem(weight.Layer, own with { SubvectorSize = Blocks.LargestDivisor(row, wanted) });
        }

        return spec with
        {
            LayerSpecs = layers,
        };
    }
}
