using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;

namespace Pqf.Compression;

/// <summary>Layers for which a codebook does not pay.</summary>
static class SmallLayers
{
    /// <summary>Part of the size of 8 bits a value above which codes and a codebook do not pay: a codebook of few blocks takes most of the
    /// size and still loses more than rounding does.</summary>
    public const double UsualShare = 0.5;

    /// <summary>The same where a size is asked for: what a layer gets is chosen then, and may be smaller.</summary>
    public const double ShareForTarget = 1;

    /// <summary>The form of small layers; null where they have codes.</summary>
    public static ValueForm? FormFor(Architecture architecture, CompressionSpec spec) =>
        architecture.Options is GraphOptions ? FormForGraph(spec) : spec.SmallLayers;

    /// <summary>The same in a network of a graph of its own.</summary>
    public static ValueForm FormForGraph(CompressionSpec spec) => spec.SmallLayers ?? ValueForm.Scaled8;

    /// <summary>The part for a compression.</summary>
    /// <param name="hasTarget">Whether a size is asked for.</param>
    public static double Share(bool hasTarget) => hasTarget ? ShareForTarget : UsualShare;

    /// <summary>The settings with a form for the values of depthwise convolutions and of weights whose codes and codebook would take more
    /// than a part of what 8 bits a value take. Layers that the settings name keep theirs.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="spec">The settings.</param>
    /// <param name="form">Of the small layers.</param>
    /// <param name="share">The part.</param>
    public static CompressionSpec Of(Graph graph, CompressionSpec spec, ValueForm form, double share)
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
                && (depthwise.Contains(weight.Layer) || IsSmall(weight, spec, share))
            );
        return spec with
        {
            LayerSpecs = spec.LayerSpecs.SetItems(
                small.Select(weight => KeyValuePair.Create(weight.Layer, new LayerSpec { Values = form }))
            ),
        };
    }

    static bool IsSmall(ParameterSpec weight, CompressionSpec spec, double share)
    {
        int row = weight.Shape.Count / Math.Max(1, weight.Shape[0]);
        if (row == 0)
            return false;
        int d = Blocks.LargestDivisor(row, Math.Max(1, Blocks.BlockLength(weight.Shape, spec, new LayerSpec()))),
            blocks = weight.Shape.Count / d,
            k = Math.Min(spec.K, Blocks.LargestCodebook(blocks));
        return Cost.BitsOf(blocks, k, d) > share * ValueForm.Scaled8.SizeBits(weight.Shape.Count, weight.Shape[0]);
    }
}
