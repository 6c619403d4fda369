using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

public class SmallLayersTests
{
    // Blocks of 9 and 4 values and codebooks of 256: wide has 4096 blocks, point 256, which 64 centroids share.
    static readonly Graph Network = Built();

    [Fact]
    public void Depthwise_layers_and_layers_of_few_blocks_are_held_in_8_bits() =>
        Assert.Equal(["depthwise", "point"], Small(FittingBlocks.Of(Network, new CompressionSpec(), SmallLayers.UsualShare)));

    [Fact]
    public void The_first_convolution_ignored_modules_and_named_layers_keep_their_settings()
    {
        var spec = new CompressionSpec
        {
            IgnoredModules = ["depthwise"],
            LayerSpecs = ImmutableSortedDictionary<string, LayerSpec>.Empty.Add("point", new LayerSpec { K = 16 }),
        };
        Assert.Empty(Small(FittingBlocks.Of(Network, spec, SmallLayers.UsualShare)));
    }

    [Fact]
    public void Where_a_size_is_asked_for_few_blocks_are_enough_for_codes() =>
        Assert.Equal(["depthwise"], Small(FittingBlocks.Of(Network, new CompressionSpec(), SmallLayers.ShareForTarget)));

    [Fact]
    public void Layers_with_a_form_of_their_own_have_no_codes()
    {
        var spec = FittingBlocks.Of(Network, new CompressionSpec { SmallLayers = ValueForm.Half }, SmallLayers.UsualShare);
        Assert.Equal(ValueForm.Half, spec.LayerSpecs["point"].Values);
        Assert.Equal(["wide", "fc"], Blocks.Of(Network, spec).Value().Select(layer => layer.Layer));
    }

    static IEnumerable<string> Small(CompressionSpec spec) =>
        spec.LayerSpecs.Where(layer => layer.Value.Values == ValueForm.Scaled8).Select(layer => layer.Key);

    static Graph Built()
    {
        var b = new GraphBuilder();
        int x = b.Conv2d(b.Input(3), "stem", 32, 3);
        x = b.Conv2d(x, "depthwise", 32, 3, new Conv2dOptions { Groups = 32 });
        x = b.Conv2d(x, "point", 32, 1);
        x = b.Conv2d(x, "wide", 128, 3);
        return b.Build([b.Linear(b.GlobalAvgPool(x), "fc", 128, 100)]);
    }
}
