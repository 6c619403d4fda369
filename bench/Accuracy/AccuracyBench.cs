using Pqf.Cli.Configuration;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Bench.Accuracy;

/// <summary>How far one algorithm's outputs of one layer are from those of a double-precision loop over the same single-precision weights
/// and inputs.</summary>
/// <param name="Layer">Its name.</param>
/// <param name="Kind">Channels and size.</param>
/// <param name="Algorithm">Of the convolution.</param>
/// <param name="Chosen">By which plans.</param>
/// <param name="Max">Largest error, as a part of the layer's largest output.</param>
/// <param name="Rms">Root of the mean of the errors' squares, as a part of the same.</param>
sealed record LayerAccuracy(string Layer, string Kind, ConvAlgorithm Algorithm, string Chosen, double Max, double Rms);

/// <summary>Every 3 × 3 convolution of stride 1 of a network, on its own weights and on what photographs become before it.</summary>
static class AccuracyBench
{
    static readonly int[] Batches = [1, 8, 32];

    /// <summary>Measures the layers of a network, all algorithms each, in the network's order.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="photographs">Run through the network by products over gathered rows.</param>
    public static LayerAccuracy[] Measure(string path, PreparedPhotograph[] photographs)
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var network = Compression.Model.Network.Load(path, device, null, NetworkTask.Classification).Value();
        var images = Tensor<float>.From(
            device,
            network.Preprocessing.InputShape(photographs.Length),
            photographs.SelectMany(photograph => photograph.Values).ToArray()
        );
        FusedStep[] steps =
        [
            .. Fusion
                .Of(network.Graph, GraphShapes.Of(network.Graph, images.Shape))
                .Steps.Where(step =>
                    network.Graph.Nodes[step.Head] is Conv2dLayer n
                    && ConvChoice.Fits(device, ConvAlgorithm.Winograd4, n.WeightShape, n.Options)
                ),
        ];
        int[] inputs = [.. steps.Select(step => network.Graph.Nodes[step.Head].Inputs[0]).Distinct().Order()];
        var values = InferencePlan
            .Compile(
                network.Graph with
                {
                    Outputs = [.. inputs],
                },
                network.Parameters,
                device,
                images.Shape,
                new InferenceOptions { Memory = PlanMemory.Low }
            )
            .RunAll(images);
        return
        [
            .. steps.SelectMany(step =>
            {
                var node = (Conv2dLayer)network.Graph.Nodes[step.Head];
                return Measure(device, node, node.Fold(step.Norm, network.Parameters), values[Array.IndexOf(inputs, node.X)]);
            }),
        ];
    }

    static LayerAccuracy[] Measure(HostDevice device, Conv2dLayer node, FoldedLayer layer, Tensor<float> x)
    {
        double[] expected = DoubleConvolution.Of(x, layer.ToDense(), layer.Shape, layer.Bias);
        double largest = expected.Max(Math.Abs);
        return
        [
            .. Enum.GetValues<ConvAlgorithm>()
                .Where(algorithm => ConvChoice.Fits(device, algorithm, layer.Shape, node.Options))
                .Select(algorithm =>
                {
                    using var scope = device.BeginScope();
                    float[] actual = layer.Pack(device, node.Options, algorithm).Forward(x, null, Tail.None).ToArray();
                    double max = 0,
                        squares = 0;
                    for (int i = 0; i < actual.Length; i++)
                    {
                        double error = Math.Abs(actual[i] - expected[i]);
                        max = Math.Max(max, error);
                        squares += error * error;
                    }

                    return new LayerAccuracy(
                        node.Name,
                        $"{node.InChannels}-{node.OutChannels} @{x.Shape[1]}",
                        algorithm,
                        Chosen(device, layer, node, x.Shape, algorithm),
                        max / largest,
                        Math.Sqrt(squares / actual.Length) / largest
                    );
                }),
        ];
    }

    /// <summary>The plans that take an algorithm for a layer: the low-memory one, or fast ones for some batches.</summary>
    static string Chosen(HostDevice device, FoldedLayer layer, Conv2dLayer node, Shape x, ConvAlgorithm algorithm)
    {
        bool Takes(int batch, PlanMemory memory) =>
            ConvChoice.Of(device, [batch, x[1], x[2], x[3]], layer.Shape, node.Options, memory) == algorithm;
        string[] fast = [.. Batches.Where(batch => Takes(batch, PlanMemory.Fast)).Select(batch => $"{batch}")];
        return string.Join(' ', (string[])[.. Takes(1, PlanMemory.Low) ? ["low"] : (string[])[], .. fast]);
    }
}
