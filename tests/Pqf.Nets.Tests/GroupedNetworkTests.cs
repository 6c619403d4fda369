using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Losses;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

/// <summary>Residual networks whose bottlenecks are grouped (ResNeXt) or wide.</summary>
public class GroupedNetworkTests(DeviceSet devices) : DeviceTest(devices)
{
    static readonly Graph Narrow = TestGraphs.Build(new Architecture("resnext50_32x4d", 10, width: 16));

    // Produced by: m = getattr(torchvision.models, name)(num_classes=10).eval(); fill(m, name)
    //              m(splitmix(name + ":images", 3·64·64).float().reshape(1, 3, 64, 64) · 4 − 2), functions of the reference cases'
    //              generate.py, PyTorch 1.13, torchvision 0.14.
    public static TheoryData<string, float[]> Generated =>
        new()
        {
            {
                "resnext50_32x4d",
                [
                    -1.72066033f,
                    0.360631734f,
                    0.0655937865f,
                    0.122693978f,
                    0.437009364f,
                    1.86089826f,
                    -5.20709324f,
                    -2.95870161f,
                    -3.68297768f,
                    2.29674792f,
                ]
            },
            {
                "wide_resnet50_2",
                [
                    3.55463338f,
                    0.599126101f,
                    -2.18316603f,
                    -4.18487978f,
                    4.68955469f,
                    -1.21570158f,
                    -1.621925f,
                    -1.64521372f,
                    2.54943967f,
                    0.558229744f,
                ]
            },
        };

    [Theory, MemberData(nameof(Generated))]
    public void Logits_of_a_generated_network_are_torchvisions(string name, float[] expected)
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture(name, 10));
        var parameters = GeneratedWeights.Parameters(graph, device, name);
        var images = GeneratedWeights.Images(device, $"{name}:images", [1, 3, 64, 64]);
        Close.Check(expected, Forward.Run(graph, parameters, images).ToArray(), 1e-5);
        Close.Check(expected, InferencePlan.Compile(graph, parameters, device, images.Shape).Run(images).ToArray(), 1e-5);
    }

    // Produced by: m = ResNet(Bottleneck, [3, 4, 6, 3], num_classes=10, groups=32, width_per_group=4), functions as above, but of width 16:
    //              m.inplanes, m.conv1, m.bn1 = 16, nn.Conv2d(3, 16, 7, 2, 3, bias=False), nn.BatchNorm2d(16)
    //              m.layer1 = m._make_layer(Bottleneck, 16, 3); layer2 (32, 4, 2), layer3 (64, 6, 2), layer4 (128, 3, 2)
    //              m.fc = nn.Linear(512, 10); fill(m, "resnext"); m = m.double()
    //              loss = F.cross_entropy(m(splitmix("image", 4·3·64·64) · 4 − 2), torch.tensor([1, 3, 5, 7])), m.train() and m.eval();
    //              in the latter loss.backward() and p.grad.norm() of some parameters.
    [Fact]
    public void Loss_and_gradients_of_a_narrow_network_are_PyTorchs()
    {
        var device = Use(DeviceKind.Host);
        var parameters = GeneratedWeights.Parameters(Narrow, device, "resnext");
        var images = GeneratedWeights.Images(device, "image", [4, 3, 64, 64]);
        var target = OneHot.Create(device, [1, 3, 5, 7], 10);
        Close.Check([2.7285557f], Gradients.Of(Narrow, parameters, images, target).Loss.ToArray(), 1e-5);
        // The batch's own statistics are those of sixteen values in the last stage, and PyTorch's single gradients are off by 2e-3 then.
        var result = Gradients.Of(Narrow, parameters, images, target, NormMode.Running);
        Close.Check([3.2747504f], result.Loss.ToArray(), 1e-5);
        foreach (
            var (name, norm) in ((string, double)[])
                [
                    ("conv1.weight", 3.42660432),
                    ("layer1.0.conv2.weight", 1.03332433),
                    ("layer2.0.conv2.weight", 0.913372666),
                    ("layer3.5.conv2.weight", 4.16587943),
                    ("layer4.2.conv2.weight", 4.24919791),
                    ("fc.weight", 45.8554773),
                ]
        )
            Assert.InRange(Norm(result.Gradients[name]) / norm, 1 - 1e-5, 1 + 1e-5);
    }

    [Theory]
    [MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void A_grouped_block_gives_the_hosts_values_on_every_device(DeviceKind kind)
    {
        var graph = new GraphBuilder();
        int x = graph.Conv2d(graph.Input(3), "conv1", 16, 1);
        x = graph.Relu(graph.BatchNorm(graph.Conv2d(x, "conv2", 32, 3, new() { Padding = 1, Groups = 8 }), "bn2"));
        graph.Linear(graph.Flatten(graph.GlobalAvgPool(x)), "fc", 32, 3);
        var block = graph.Build();
        var host = Use(DeviceKind.Host);
        var images = GeneratedWeights.Images(host, "image", [1, 3, 4, 4]);
        float[] expected = Forward.Run(block, GeneratedWeights.Parameters(block, host, "block"), images).ToArray();
        var device = Use(kind, 1024);
        var parameters = GeneratedWeights.Parameters(block, device, "block");
        var onDevice = GeneratedWeights.Images(device, "image", [1, 3, 4, 4]);
        Close.Check(expected, Forward.Run(block, parameters, onDevice).ToArray(), 1e-5);
        Close.Check(expected, InferencePlan.Compile(block, parameters, device, onDevice.Shape).Run(onDevice).ToArray(), 1e-5);
    }

    [Fact]
    public void Channels_move_between_blocks_and_within_the_groups_of_a_convolution_and_the_logits_stay()
    {
        var graph = TestGraphs.Build(new Architecture("resnext50_32x4d", 10, width: 32));
        var groups = ChannelGroups.Of(graph);
        Assert.Equal(
            ["conv1", "layer1.0.conv3", "layer2.0.conv3", "layer3.0.conv3", "layer4.0.conv3"],
            groups.Where(group => group.Rows[0].Places is null).Select(group => group.Parents[0])
        );
        // Xie et al. 2017, table 1, with half the channels: 3, 4, 6 and 3 blocks of 32 groups, each with an order of its inputs and one of
        // its outputs. Channels may not leave their group of the 3×3 convolution.
        Assert.Equal(
            [(2, 192), (4, 256), (8, 384), (16, 192)],
            groups
                .Where(group => group.Rows[0].Places is not null)
                .CountBy(group => group.ChannelCount)
                .Select(pair => (pair.Key, pair.Value))
        );
        var device = Use(DeviceKind.Host);
        var parameters = GeneratedWeights.Parameters(graph, device, "resnext");
        var reordered = groups.Aggregate(
            parameters,
            (all, group) => group.Apply(all, RngKey.FromSeed(1).Fold(group.Parents[0]).Permutation(group.ChannelCount))
        );
        var images = GeneratedWeights.Images(device, "image", [1, 3, 64, 64]);
        Assert.NotEqual(parameters["fc.weight"].Decode().ToArray(), reordered["fc.weight"].Decode().ToArray());
        Close.Check(Forward.Run(graph, parameters, images), Forward.Run(graph, reordered, images), 1e-5);
    }

    [Fact]
    public void A_plan_of_grouped_codes_gives_the_bits_of_a_plan_of_the_weights_they_stand_for()
    {
        var device = Use(DeviceKind.Host);
        // Of one input for each group in the first stage, two in the second, eight in the last.
        var parameters = TestGraphs.Quantise(
            Narrow,
            GeneratedWeights.Parameters(Narrow, device, "resnext"),
            ("layer1.0.conv2", 8, 9),
            ("layer2.1.conv2", 16, 18),
            ("layer4.1.conv2", 300, 18)
        );
        var decoded = new Parameters(
            parameters.Values.ToImmutableDictionary(pair => pair.Key, pair => (Weight)new Weight.Dense(pair.Value.Decode()))
        );
        var images = GeneratedWeights.Images(device, "image", [1, 3, 64, 64]);
        Assert.Equal(
            InferencePlan.Compile(Narrow, decoded, device, images.Shape).Run(images).ToArray(),
            InferencePlan.Compile(Narrow, parameters, device, images.Shape).Run(images).ToArray()
        );
    }

    [Fact]
    public void A_width_without_channels_in_each_group_is_an_error()
    {
        var error = Assert.IsType<Result<Graph, PqfError>.Error>(Networks.Build(new Architecture("resnext50_32x4d", width: 15)));
        Assert.Equal("model: width: expected at least 16 channels in the first stage of resnext50_32x4d, got 15", error.Value.Message);
    }

    static double Norm(Tensor<float> gradient) => Math.Sqrt(gradient.ToArray().Sum(value => (double)value * value));
}
