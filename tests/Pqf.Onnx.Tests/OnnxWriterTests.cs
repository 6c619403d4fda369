using Microsoft.ML.OnnxRuntime;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Properties;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Movement;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>ONNX Runtime computes what we compute, and finds nothing to warn of.</summary>
public class OnnxWriterTests(DeviceSet devices) : DeviceTest(devices)
{
    // Rounding only: sums of the same terms in another order, in the largest value of the result.
    const double Tolerance = 1e-5;

    // The largest value of a random network may be what is left of larger terms that nearly cancel.
    const double RandomTolerance = 1e-4;

    [Theory]
    [InlineData(GraphOptimizationLevel.ORT_ENABLE_ALL)]
    [InlineData(GraphOptimizationLevel.ORT_DISABLE_ALL)]
    public void A_small_network_dense_and_quantised(GraphOptimizationLevel level)
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var dense = GeneratedWeights.Parameters(graph, device, "onnx");
        Check(graph, dense, device, 9, 8, level);
        Check(graph, TestGraphs.Quantise(graph, dense), device, 9, 8, level); // k 300: codes of 16 bits
    }

    [Fact]
    public void Random_networks_dense_and_quantised()
    {
        var device = Use(DeviceKind.Host);
        for (int seed = 0; seed < 40; seed++)
        {
            var key = RngKey.FromSeed(seed).Fold("onnx");
            var graph = RandomNetwork.OfOnnx(
                [.. Enumerable.Range(0, 1 + key.Below(8, 0)).Select(i => (byte)key.Bits((ulong)i + 2))],
                (byte)key.Bits(1)
            );
            var dense = GeneratedWeights.Parameters(graph, device, $"onnx {seed}");
            Check(graph, dense, device, 9, 8, tolerance: RandomTolerance);
            Check(graph, SomeQuantised(graph, dense, key), device, 9, 8, tolerance: RandomTolerance);
        }
    }

    public static TheoryData<string> Samples { get; } =
    [.. SampleLayers.All.Where(sample => sample.Layer.Onnx is not null).Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_layer_that_has_a_form(string name)
    {
        var device = Use(DeviceKind.Host);
        var graph = SampleLayers.All.Single(sample => sample.Name == name).Graph;
        Check(graph, GeneratedWeights.Parameters(graph, device, name), device, SampleLayers.ImageSize, SampleLayers.ImageSize);
    }

    [Fact]
    public void Norms_that_have_no_layer_of_their_own_to_go_into()
    {
        var device = Use(DeviceKind.Host);
        var builder = new GraphBuilder();
        int x = builder.BatchNorm(builder.Input(3), "first"); // after the images
        x = builder.BatchNorm(builder.Conv2d(x, "biased", 4, 3, hasBias: true), "after_bias");
        x = builder.BatchNorm(builder.Relu(x), "after_relu");
        int twice = builder.Conv2d(x, "twice", 4, 1);
        x = builder.Add(builder.BatchNorm(twice, "of_two"), twice); // another reads the layer too
        // Of [N, C], folded, at the end
        x = builder.BatchNorm(builder.Linear(builder.Flatten(builder.GlobalAvgPool(x)), "fc", 4, 6, hasBias: false), "last");
        var graph = builder.Build();
        var dense = GeneratedWeights.Parameters(graph, device, "onnx");
        Check(graph, dense, device, 5, 6);
        Check(graph, TestGraphs.Quantise(graph, dense, ("biased", 4, 9), ("twice", 3, 2), ("fc", 2, 4)), device, 5, 6);
    }

    [Fact]
    public void A_layer_used_twice_and_nodes_that_nobody_reads()
    {
        var device = Use(DeviceKind.Host);
        var builder = new GraphBuilder();
        var options = new Conv2dOptions
        {
            Padding = new Pair(2, 0),
            Dilation = 2,
            Groups = 2,
        };
        int x = builder.Conv2d(builder.Input(4), "first", 4, 1);
        builder.Conv2d(x, "unread", 7, 3);
        x = builder.BatchNorm(builder.Conv2d(x, "shared", 4, new Pair(3, 1), options), "norm1");
        x = builder.BatchNorm(builder.Conv2d(x, "shared", 4, new Pair(3, 1), options), "norm2");
        builder.MaxPool2d(x, new Pair(3, 2), new Pair(2, 1), new Pair(1, 0));
        var graph = builder.Build();
        var dense = GeneratedWeights.Parameters(graph, device, "onnx");
        Check(graph, dense, device, 7, 5); // values of [N, C, H, W], not of [N, C], in the end
        Check(graph, TestGraphs.Quantise(graph, dense, ("shared", 3, 3)), device, 7, 5);
    }

    [Fact]
    public void The_batch_has_any_size_and_the_ends_have_the_promised_names()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        using var runtime = new OnnxRuntimeModel(
            Model(graph, GeneratedWeights.Parameters(graph, device, "onnx"), [5, 9, 8, 3], new() { ["key"] = "välue" })
        );
        var (input, output) = (runtime.Session.InputMetadata.Single(), runtime.Session.OutputMetadata.Single());
        Assert.Equal(("input", "logits"), (input.Key, output.Key));
        Assert.Equal([-1, 3, 9, 8], input.Value.Dimensions);
        Assert.Equal([-1, 5], output.Value.Dimensions);
        Assert.Equal("N", input.Value.SymbolicDimensions[0]);
        Assert.Equal("välue", runtime.Session.ModelMetadata.CustomMetadataMap["key"]);
        Assert.Equal("pqf", runtime.Session.ModelMetadata.ProducerName);
    }

    [Fact]
    public void A_warning_of_ONNX_Runtime_fails_a_test()
    {
        var graph = OnnxMessages.Graph(
            "network",
            [OnnxMessages.Node("Relu", ["input"], "logits")],
            [OnnxMessages.Initialiser(StoredTensor.FromSingles("unused", [1], [1]))],
            OnnxMessages.Input("input", [1, 2]),
            [OnnxMessages.Output("logits", [1, 2])]
        );
        using var stream = new MemoryStream();
        OnnxMessages.Write(stream, OnnxMessages.Model(graph, new Dictionary<string, string>()));
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => new OnnxRuntimeModel(stream.ToArray()));
        Assert.Contains("unused", OnnxRuntimeLog.Messages.Single(), StringComparison.Ordinal);
    }

    static void Check(
        Graph graph,
        Parameters parameters,
        Device device,
        int height,
        int width,
        GraphOptimizationLevel level = GraphOptimizationLevel.ORT_ENABLE_ALL,
        double tolerance = Tolerance
    )
    {
        int channels = graph.Nodes.OfType<InputLayer>().Single().Channels;
        using var runtime = new OnnxRuntimeModel(Model(graph, parameters, [1, height, width, channels]), level);
        foreach (int count in (int[])[1, 3])
        {
            using var scope = device.BeginScope();
            var images = GeneratedWeights.Images(device, "image", [count, channels, height, width]);
            var expected = Forward.Run(graph, parameters, images);
            if (expected.Shape.Rank == 4)
                expected = ChannelOrder.ToChannelsFirst(expected);
            Close.Check(expected.ToArray(), runtime.Run(images), tolerance);
        }
    }

    static byte[] Model(Graph graph, Parameters parameters, Shape input, Dictionary<string, string>? metadata = null)
    {
        using var stream = new MemoryStream();
        OnnxWriter.Write(stream, graph, parameters, input, metadata ?? []);
        return stream.ToArray();
    }

    /// <summary>Every second layer or so as random codes, with blocks of any length that divides its rows.</summary>
    static Parameters SomeQuantised(Graph graph, Parameters dense, RngKey key) =>
        TestGraphs.Quantise(
            graph,
            dense,
            ParameterSpecs
                .Of(graph)
                .Where(spec => spec.Role == ParameterRole.Weight && key.Fold(spec.Name).Below(2, 0) == 0)
                .Select(spec =>
                {
                    int[] lengths =
                    [
                        .. Enumerable.Range(1, spec.Shape.Count / spec.Shape[0]).Where(d => spec.Shape.Count / spec.Shape[0] % d == 0),
                    ];
                    return (
                        spec.Layer,
                        (int[])[1, 2, 256, 257] is var k ? k[key.Fold(spec.Name).Below(4, 1)] : 0,
                        lengths[key.Fold(spec.Name).Below(lengths.Length, 2)]
                    );
                })
        );
}
