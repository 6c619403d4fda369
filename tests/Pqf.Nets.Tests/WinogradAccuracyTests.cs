using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class WinogradAccuracyTests(DeviceSet devices) : DeviceTest(devices)
{
    // Outputs looked at of each layer, taken evenly: all of them would take seconds.
    const int Samples = 1000;

    public static TheoryData<string, string, ConvAlgorithm> Layers
    {
        get
        {
            TheoryData<string, string, ConvAlgorithm> rows = [];
            foreach (var (network, layer) in All)
            foreach (
                var algorithm in layer == "conv1"
                    ? (ConvAlgorithm[])[ConvAlgorithm.Gathered, ConvAlgorithm.WinogradStem]
                    : [ConvAlgorithm.Gathered, ConvAlgorithm.Winograd2, ConvAlgorithm.Winograd4]
            )
                rows.Add(network, layer, algorithm);
            return rows;
        }
    }

    static readonly (string Network, string Layer)[] All =
    [
        ("resnet18", "conv1"),
        ("resnet50_large", "conv1"),
        ("resnet18", "layer1.0.conv2"),
        ("resnet18", "layer2.1.conv1"),
        ("resnet18", "layer3.1.conv1"),
        ("resnet18", "layer4.1.conv2"),
        ("resnet50_large", "layer1.2.conv2"),
        ("resnet50_large", "layer3.2.conv2"),
        ("resnet50_large", "layer4.1.conv2"),
    ];

    // Bounds: twice the largest error of any layer over eight photographs, rounded up (bench -- accuracy, bench/notes.md).
    static double Bound(ConvAlgorithm algorithm) =>
        algorithm == ConvAlgorithm.Winograd4 ? 2e-5
        : algorithm is ConvAlgorithm.Winograd2 or ConvAlgorithm.WinogradStem ? 2e-6
        : 3e-6;

    [Theory, MemberData(nameof(Layers))]
    public void A_layer_of_a_published_network_is_that_near_to_sums_in_double(string network, string name, ConvAlgorithm algorithm)
    {
        var device = Use(DeviceKind.Host);
        var (node, layer, x) = At(network, name, device);
        var y = layer.Pack(device, node.Options, algorithm).Forward(x, null, Tail.None);
        float[] actual = y.ToArray();
        int[] sampled = [.. Enumerable.Range(0, Samples).Select(i => (int)((i + 0.5) * actual.Length / Samples))];
        double[] expected = Reference.Conv2dAt(
            Numbers.Of(x),
            new(layer.Shape, layer.ToDense()),
            new([node.OutChannels], layer.Bias!),
            node.Options,
            sampled
        );
        // The largest output is that of all outputs, sampled or not; it is known to a part in a hundred thousand.
        double largest = actual.Max(value => Math.Abs((double)value)),
            worst = sampled.Zip(expected, (at, value) => Math.Abs(actual[at] - value)).Max() / largest;
        Assert.InRange(worst, 0, Bound(algorithm));
    }

    /// <summary>A layer with its norm folded in, and what the reference's first image becomes before it.</summary>
    static (Conv2dLayer Node, FoldedLayer Layer, Tensor<float> X) At(string network, string layer, Device device)
    {
        using var file = TensorFiles.Open(SharedData.Path($"published/{network}.pth")).Value();
        using var reference = ReferenceCase.Open($"published_{network}");
        var graph = TestGraphs.Build(new Architecture(network.Split('_')[0]));
        var parameters = StateDict.Load(graph, file, device).Value().Parameters;
        var first = reference.Read("input_first");
        var image = new Numbers([1, .. first.Shape], first.Values).ToChannelsLast().On(device);
        var step = Fusion
            .Of(graph, GraphShapes.Of(graph, image.Shape))
            .Steps.Single(step => graph.Nodes[step.Head] is Conv2dLayer n && n.Name == layer);
        var node = (Conv2dLayer)graph.Nodes[step.Head];
        return (node, node.Fold(step.Norm, parameters), Forward.Run(graph with { Outputs = [node.X] }, parameters, image));
    }
}
