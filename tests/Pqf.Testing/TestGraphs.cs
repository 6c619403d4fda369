using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Testing;

/// <summary>Graphs for tests.</summary>
public static class TestGraphs
{
    /// <summary>A graph of a known name.</summary>
    public static Graph Build(Architecture architecture) =>
        Networks.Build(architecture).Match(graph => graph, error => throw new ArgumentException(error.Message, nameof(architecture)));

    /// <summary>A few thousand operations: strided and padded convolutions, norms, a residual block with a projection, pools, a linear
    /// tail. Images of [N, 8, 8, 3] or more pixels.</summary>
    public static Graph Small()
    {
        var graph = new GraphBuilder();
        int x = graph.Relu(
            graph.BatchNorm(graph.Conv2d(graph.Input(3), "conv1", 4, 3, new Conv2dOptions { Stride = 2, Padding = 1 }), "bn1")
        );
        x = graph.MaxPool2d(x, 3, 1, 1);
        int main = graph.Relu(graph.BatchNorm(graph.Conv2d(x, "block.conv1", 6, 1), "block.bn1"));
        main = graph.BatchNorm(graph.Conv2d(main, "block.conv2", 8, 3, new Conv2dOptions { Padding = 1 }, hasBias: true), "block.bn2");
        int shortcut = graph.BatchNorm(graph.Conv2d(x, "block.downsample.0", 8, 1), "block.downsample.1");
        x = graph.Relu(graph.Add(main, shortcut));
        graph.Linear(graph.Flatten(graph.GlobalAvgPool(x)), "fc", 8, 5);
        return graph.Build();
    }

    /// <summary>A Mask R-CNN of few channels: all of its layers and joints, a hundredth of its work.</summary>
    public static Architecture NarrowDetector { get; } =
        new(
            MaskRcnn.Name,
            classCount: 5,
            width: 8,
            options: new MaskRcnnOptions
            {
                FpnChannels = 16,
                RepresentationSize = 24,
                MaskChannels = 12,
                NormEps = 1e-5f,
            }
        );

    /// <summary>The small graph with three layers quantised: k 4, k 300 (more than bytes hold) and the linear one.</summary>
    public static Parameters Quantise(Graph small, Parameters parameters) =>
        Quantise(small, parameters, ("block.conv1", 4, 2), ("block.conv2", 300, 9), ("fc", 8, 4));

    /// <summary>The parameters with random codes for some layers.</summary>
    public static Parameters Quantise(Graph graph, Parameters parameters, params IEnumerable<(string Layer, int K, int D)> layers) =>
        layers.Aggregate(
            parameters,
            (all, layer) =>
            {
                var spec = ParameterSpecs.Of(graph).Single(spec => spec.Name == $"{layer.Layer}.weight");
                var device = all[spec.Name].Tensors().First().Device;
                return all.With(spec.Name, GeneratedWeights.Quantised(device, spec.Name, spec.Shape, layer.K, layer.D));
            }
        );
}
