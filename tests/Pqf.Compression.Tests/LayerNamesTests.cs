using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

/// <summary>Settings name layers as the network does, or as another program does.</summary>
public class LayerNamesTests
{
    // torchvision's MobileNetV2 ends in classifier.1; Hugging Face's ResNets call their fc so.
    static readonly Graph OfItsOwn = Small("classifier.1");
    static readonly Graph ResNet = Networks.Build(new Architecture("resnet18")).Value();

    [Fact]
    public void A_name_that_the_network_has_is_its_own_and_another_is_translated()
    {
        Assert.Equal("classifier.1", new LayerNames(OfItsOwn).Of("classifier.1"));
        Assert.Equal("fc", new LayerNames(ResNet).Of("classifier.1"));
        Assert.Equal("fc", new LayerNames(ResNet).Of("fc"));
        Assert.Equal("layer4", new LayerNames(ResNet).Of("layer4"));
        Assert.Equal("no_such", new LayerNames(ResNet).Of("no_such"));
    }

    [Fact]
    public void All_settings_are_under_the_networks_names()
    {
        var one = new LayerSpec { K = 1 };
        var two = new LayerSpec { K = 2 };
        var spec = new CompressionSpec
        {
            IgnoredModules = ["classifier.1", "layer4"],
            LayerSpecs = ImmutableSortedDictionary<string, LayerSpec>.Empty.Add("classifier.1", one).Add("fc", two),
        };
        var search = new PermutationSpec
        {
            LayerStrategies = ImmutableDictionary<string, ImmutableArray<PermutationStrategy>>.Empty.Add("classifier.1", []),
            LayerReshapes = ImmutableDictionary<string, ImmutableArray<int>>.Empty.Add("classifier.1", [1]),
            Groups = [(["layer1.0.conv1"], ["classifier.1"])],
        };
        var names = new LayerNames(ResNet);

        Assert.Equal(["fc", "layer4"], names.Of(spec).IgnoredModules.Order(StringComparer.Ordinal));
        Assert.Equal(KeyValuePair.Create("fc", two), Assert.Single(names.Of(spec).LayerSpecs));
        Assert.Equal("fc", Assert.Single(names.Of(search).LayerStrategies).Key);
        Assert.Equal("fc", Assert.Single(names.Of(search).LayerReshapes).Key);
        Assert.Equal(["fc"], names.Of(search).Groups[0].Children);

        Assert.Equal(["classifier.1", "fc"], new LayerNames(OfItsOwn).Of(spec).LayerSpecs.Keys);
    }

    static Graph Small(string head)
    {
        var graph = new GraphBuilder();
        int x = graph.Conv2d(graph.Input(3), "conv", 8, 3);
        return graph.Build([graph.Linear(graph.GlobalAvgPool(x), head, 8, 4)]);
    }
}
