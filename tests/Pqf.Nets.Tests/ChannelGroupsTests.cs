using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class ChannelGroupsTests(DeviceSet devices) : DeviceTest(devices)
{
    static string Text(ChannelGroup group) =>
        $"{group.ChannelCount}: {string.Join(' ', group.Parents)} | {string.Join(' ', group.Norms.Select(Run))} | "
        + $"{string.Join(' ', group.Children.Select(Run))}";

    static string Run(ChannelRun layer) => layer.Run == 1 ? layer.Layer : $"{layer.Layer}×{layer.Run}";

    [Fact]
    public void ResNet18_has_a_group_for_each_stage_and_one_inside_each_block()
    {
        // Written by hand from He et al. 2016, figure 2 and table 1: blocks add what they were given, so a stage's outputs share one order.
        Assert.Equal(
            [
                "64: conv1 layer1.0.conv2 layer1.1.conv2 | bn1 layer1.0.bn2 layer1.1.bn2 | layer1.0.conv1 layer1.1.conv1 "
                    + "layer2.0.conv1 layer2.0.downsample.0",
                "64: layer1.0.conv1 | layer1.0.bn1 | layer1.0.conv2",
                "64: layer1.1.conv1 | layer1.1.bn1 | layer1.1.conv2",
                "128: layer2.0.conv1 | layer2.0.bn1 | layer2.0.conv2",
                "128: layer2.0.conv2 layer2.0.downsample.0 layer2.1.conv2 | layer2.0.bn2 layer2.0.downsample.1 layer2.1.bn2 | "
                    + "layer2.1.conv1 layer3.0.conv1 layer3.0.downsample.0",
                "128: layer2.1.conv1 | layer2.1.bn1 | layer2.1.conv2",
                "256: layer3.0.conv1 | layer3.0.bn1 | layer3.0.conv2",
                "256: layer3.0.conv2 layer3.0.downsample.0 layer3.1.conv2 | layer3.0.bn2 layer3.0.downsample.1 layer3.1.bn2 | "
                    + "layer3.1.conv1 layer4.0.conv1 layer4.0.downsample.0",
                "256: layer3.1.conv1 | layer3.1.bn1 | layer3.1.conv2",
                "512: layer4.0.conv1 | layer4.0.bn1 | layer4.0.conv2",
                "512: layer4.0.conv2 layer4.0.downsample.0 layer4.1.conv2 | layer4.0.bn2 layer4.0.downsample.1 layer4.1.bn2 | "
                    + "layer4.1.conv1 fc",
                "512: layer4.1.conv1 | layer4.1.bn1 | layer4.1.conv2",
            ],
            ChannelGroups.Of(TestGraphs.Build(new Architecture("resnet18"))).Select(Text)
        );
    }

    [Fact]
    public void ResNet50_has_a_group_for_each_stage_the_stem_and_two_inside_each_block()
    {
        var groups = ChannelGroups.Of(TestGraphs.Build(new Architecture("resnet50"))).Select(Text).ToList();
        // Written by hand from He et al. 2016, figure 5 (right) and table 1.
        string[] shared =
        [
            "64: conv1 | bn1 | layer1.0.conv1 layer1.0.downsample.0",
            "256: layer1.0.conv3 layer1.0.downsample.0 layer1.1.conv3 layer1.2.conv3 | layer1.0.bn3 layer1.0.downsample.1 "
                + "layer1.1.bn3 layer1.2.bn3"
                + " | layer1.1.conv1 layer1.2.conv1 layer2.0.conv1 layer2.0.downsample.0",
            "512: layer2.0.conv3 layer2.0.downsample.0 layer2.1.conv3 layer2.2.conv3 layer2.3.conv3 | layer2.0.bn3 "
                + "layer2.0.downsample.1 layer2.1.bn3 layer2.2.bn3 layer2.3.bn3"
                + " | layer2.1.conv1 layer2.2.conv1 layer2.3.conv1 layer3.0.conv1 layer3.0.downsample.0",
            "1024: layer3.0.conv3 layer3.0.downsample.0 layer3.1.conv3 layer3.2.conv3 layer3.3.conv3 layer3.4.conv3 layer3.5.conv3"
                + " | layer3.0.bn3 layer3.0.downsample.1 layer3.1.bn3 layer3.2.bn3 layer3.3.bn3 layer3.4.bn3 layer3.5.bn3"
                + " | layer3.1.conv1 layer3.2.conv1 layer3.3.conv1 layer3.4.conv1 layer3.5.conv1 layer4.0.conv1 layer4.0.downsample.0",
            "2048: layer4.0.conv3 layer4.0.downsample.0 layer4.1.conv3 layer4.2.conv3 | layer4.0.bn3 layer4.0.downsample.1 "
                + "layer4.1.bn3 layer4.2.bn3"
                + " | layer4.1.conv1 layer4.2.conv1 fc",
        ];
        var inside = new[] { (1, 64, 3), (2, 128, 4), (3, 256, 6), (4, 512, 3) }.SelectMany(stage =>
            Enumerable
                .Range(0, stage.Item3)
                .SelectMany(block =>
                    new[]
                    {
                        $"{stage.Item2}: layer{stage.Item1}.{block}.conv1 | layer{stage.Item1}.{block}.bn1 | "
                            + $"layer{stage.Item1}.{block}.conv2",
                        $"{stage.Item2}: layer{stage.Item1}.{block}.conv2 | layer{stage.Item1}.{block}.bn2 | "
                            + $"layer{stage.Item1}.{block}.conv3",
                    }
                )
        );
        Assert.Equal(shared.Concat(inside).Order(StringComparer.Ordinal), groups.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_small_network_has_a_group_for_each_stage_and_one_inside_each_block()
    {
        // Written by hand from He et al. 2016, section 4.2, with projections where a stage begins.
        string[] shared =
        [
            "32: conv1 layer1.0.conv2 layer1.1.conv2 layer1.2.conv2 | bn1 layer1.0.bn2 layer1.1.bn2 layer1.2.bn2 | layer1.0.conv1 "
                + "layer1.1.conv1 layer1.2.conv1 layer2.0.conv1 layer2.0.downsample.0",
            "64: layer2.0.conv2 layer2.0.downsample.0 layer2.1.conv2 layer2.2.conv2 | layer2.0.bn2 layer2.0.downsample.1 "
                + "layer2.1.bn2 layer2.2.bn2 | layer2.1.conv1 layer2.2.conv1 layer3.0.conv1 layer3.0.downsample.0",
            "128: layer3.0.conv2 layer3.0.downsample.0 layer3.1.conv2 layer3.2.conv2 | layer3.0.bn2 layer3.0.downsample.1 "
                + "layer3.1.bn2 layer3.2.bn2 | layer3.1.conv1 layer3.2.conv1 fc",
        ];
        var inside = new[] { (1, 32), (2, 64), (3, 128) }.SelectMany(stage =>
            Enumerable
                .Range(0, 3)
                .Select(block =>
                    $"{stage.Item2}: layer{stage.Item1}.{block}.conv1 | layer{stage.Item1}.{block}.bn1 | layer{stage.Item1}.{block}.conv2"
                )
        );
        var groups = ChannelGroups
            .Of(TestGraphs.Build(new Architecture("resnet20", classCount: 10, inChannels: 1, width: 32)))
            .Select(Text);
        Assert.Equal(shared.Concat(inside).Order(StringComparer.Ordinal), groups.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_linear_layer_after_flattened_pixels_has_a_run_of_columns_for_each_channel()
    {
        var graph = new GraphBuilder();
        int x = graph.Flatten(graph.Conv2d(graph.Input(3), "conv", 5, 3));
        x = graph.Linear(graph.BatchNorm(x, "bn"), "fc", 5 * 6 * 6, 4);
        Assert.Equal(["5: conv | bn×36 | fc×36"], Rewritten(graph.Build(), 5 * 36).Select(Text));
    }

    // The builder counts channels, not features: a norm over flattened values is given its length here.
    static ImmutableArray<ChannelGroup> Rewritten(Graph graph, int features) =>
        ChannelGroups.Of(
            new Graph([.. graph.Nodes.Select(node => node is BatchNormLayer norm ? norm with { Channels = features } : node)])
        );

    [Fact]
    public void Input_and_output_are_never_reordered()
    {
        var graph = new GraphBuilder();
        int x = graph.Input(4);
        graph.Conv2d(graph.Add(x, graph.Conv2d(x, "a", 4, 1)), "b", 4, 1);
        Assert.Empty(ChannelGroups.Of(graph.Build()));
    }

    [Fact]
    public void A_depthwise_convolution_goes_along_with_its_channels()
    {
        var graph = new GraphBuilder();
        int x = graph.Conv2d(graph.Input(3), "a", 8, 1);
        x = graph.BatchNorm(graph.Conv2d(x, "depthwise", 8, 3, new Conv2dOptions { Groups = 8 }), "bn");
        graph.Conv2d(x, "b", 2, 1);
        Assert.Equal(["8: a depthwise | bn | b"], ChannelGroups.Of(graph.Build()).Select(Text));
    }

    [Fact]
    public void A_layer_used_twice_joins_what_it_reads()
    {
        var graph = new GraphBuilder();
        int x = graph.Input(3);
        int left = graph.Conv2d(graph.Conv2d(x, "a", 6, 1), "shared", 5, 1),
            right = graph.Conv2d(graph.Conv2d(x, "b", 6, 1), "shared", 5, 1);
        graph.Conv2d(graph.Add(left, right), "c", 2, 1);
        Assert.Equal(["6: a b |  | shared", "5: shared |  | c"], ChannelGroups.Of(graph.Build()).Select(Text));
    }

    [Fact]
    public void Reordering_moves_rows_vectors_and_columns()
    {
        var device = Use(DeviceKind.Host);
        var group = new ChannelGroup
        {
            ChannelCount = 2,
            Rows = [new("a")],
            Norms = [new("bn", 1)],
            Children = [new("b", 2)],
        };
        Weight Dense(Shape shape, params float[] values) => new Weight.Dense(Tensor<float>.From(device, shape, values));
        var parameters = new[]
        {
            ("a.weight", Dense([2, 1], 1, 2)),
            ("a.bias", Dense([2], 3, 4)),
            ("bn.weight", Dense([2], 5, 6)),
            ("bn.bias", Dense([2], 7, 8)),
            ("bn.running_mean", Dense([2], 9, 10)),
            ("bn.running_var", Dense([2], 11, 12)),
            ("b.weight", Dense([1, 4], 13, 14, 15, 16)),
        }.Aggregate(Parameters.Empty, (all, named) => all.With(named.Item1, named.Item2));
        var reordered = group.Apply(parameters, [1, 0]);
        float[] Values(string name) => reordered[name].Decode().ToArray();
        Assert.Equal([2f, 1f], Values("a.weight"));
        Assert.Equal([4f, 3f], Values("a.bias"));
        Assert.Equal([6f, 5f], Values("bn.weight"));
        Assert.Equal([8f, 7f], Values("bn.bias"));
        Assert.Equal([10f, 9f], Values("bn.running_mean"));
        Assert.Equal([12f, 11f], Values("bn.running_var"));
        Assert.Equal([15f, 16f, 13f, 14f], Values("b.weight"));
    }

    [Fact]
    public void Reordering_every_group_of_ResNet18_leaves_its_logits()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture("resnet18", classCount: 10));
        var parameters = GeneratedWeights.Parameters(graph, device, "resnet18");
        var reordered = ChannelGroups
            .Of(graph)
            .Aggregate(
                parameters,
                (all, group) => group.Apply(all, RngKey.FromSeed(1).Fold(group.Parents[0]).Permutation(group.ChannelCount))
            );
        var images = GeneratedWeights.Images(device, "image", [1, 3, 32, 32]);
        Assert.NotEqual(parameters["fc.weight"].Decode().ToArray(), reordered["fc.weight"].Decode().ToArray());
        Close.Check(Forward.Run(graph, parameters, images), Forward.Run(graph, reordered, images), 1e-5);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 0, 1)]
    [InlineData(0, 1, 3)]
    public void What_is_no_order_of_the_channels_is_refused(params int[] order)
    {
        var group = new ChannelGroup
        {
            ChannelCount = 3,
            Rows = [],
            Norms = [],
            Children = [],
        };
        var thrown = Assert.Throws<ShapeException>(() => group.Apply(Parameters.Empty, order));
        Assert.Equal($"ChannelGroup: expected each of 3 channels once, got [{string.Join(", ", order)}]", thrown.Message);
    }

    [Fact]
    public void A_quantised_weight_is_refused()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var parameters = TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "small"));
        var group = ChannelGroups.Of(graph).Single(group => group.Parents.Contains("block.conv1"));
        var thrown = Assert.Throws<InvalidOperationException>(() => group.Apply(parameters, [.. Enumerable.Range(0, 6)]));
        Assert.Equal("Parameters: expected block.conv1.weight to be dense, it is quantised", thrown.Message);
    }
}
