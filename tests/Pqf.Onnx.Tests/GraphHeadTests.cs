using Pqf.Compression;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>Networks of a graph of their own, read with a head of other classes or for images of another size.</summary>
public class GraphHeadTests(DeviceSet devices) : DeviceTest(devices)
{
    const int Side = 12,
        Classes = 6;

    static readonly RngKey Key = RngKey.FromSeed(5).Fold("head");

    /// <summary>How a classifier ends.</summary>
    public enum End
    {
        Linear,
        LinearAndSoftmax,
        Product,
        Convolution,
        ConvolutionAndSoftmax,
        ReshapedConvolution,
        Sum,
        TwoOutputs,
    }

    [Theory]
    [InlineData(End.Linear, "head")]
    [InlineData(End.LinearAndSoftmax, "head")]
    [InlineData(End.Product, "head")]
    [InlineData(End.Convolution, "head")]
    [InlineData(End.ConvolutionAndSoftmax, "head")]
    [InlineData(End.ReshapedConvolution, "head")]
    public void A_new_head_is_drawn_and_all_else_is_kept(End end, string head)
    {
        var device = Use(DeviceKind.Host);
        using var folder = new TemporaryFolder();
        string path = Exported(folder, end);
        var (first, network) = (Network.Load(path, device).ValueOrThrow(), Load(path, device, 4));
        Assert.Equal([head], network.NewLayers);
        Assert.Equal(4, network.Architecture.ClassCount);
        Assert.Equal(["class 0", "class 1", "class 2", "class 3"], network.ClassNames);
        foreach (var spec in ParameterSpecs.Of(network.Graph))
            Assert.Equal(
                spec.Layer == head ? spec.Initial.Draw(spec.Shape.Count, Key.Fold(spec.Name)) : Values(first, spec.Name),
                Values(network, spec.Name)
            );
        AssertWritten(network, folder);
    }

    /// <summary>Every kind of file holds the network with its new head; ONNX Runtime gives its values.</summary>
    static void AssertWritten(Network network, TemporaryFolder folder)
    {
        var images = GeneratedWeights.Images(network.Device, "head", [2, 3, Side, Side]);
        float[] expected = Forward.Run(network.Graph, network.Parameters, images).ToArray();
        Assert.Equal(2 * 4, expected.Length);
        foreach (string name in (string[])["again.pqf", "again.safetensors", "again.onnx"])
        {
            network.Save(folder.File(name)).ValueOrThrow();
            var read = Network.Load(folder.File(name), network.Device).ValueOrThrow();
            Assert.Equal(4, read.Architecture.ClassCount);
            Assert.True(Probe.Difference(expected, Forward.Run(read.Graph, read.Parameters, images).ToArray()) < 1e-5);
            Assert.Equal(3, Load(folder.File(name), network.Device, 3).Architecture.ClassCount);
        }

        using var runtime = new OnnxRuntimeModel(File.ReadAllBytes(folder.File("again.onnx")));
        Assert.True(Probe.Difference(expected, runtime.Run(images)) < 1e-5);
    }

    [Fact]
    public void The_head_of_a_compressed_network_is_dense_again()
    {
        var device = Use(DeviceKind.Host);
        using var folder = new TemporaryFolder();
        var options = new CompressOptions
        {
            Compression = new CompressionSpec { K = 4, KMeansIterations = 2 },
            Permutation = null,
        };
        var dense = Network.Load(Exported(folder, End.Linear), device).ValueOrThrow();
        string path = folder.File("small.pqf");
        CompressJob.Run(dense, options, null, TestContext.Current.CancellationToken).ValueOrThrow().Model.Write(path).ValueOrThrow();
        var network = Load(path, device, 4);
        Assert.IsType<Weight.Dense>(network.Parameters["head.weight"]);
        Assert.IsType<Weight.Quantised>(network.Parameters["wide.weight"]);
        Assert.Equal(["head"], network.NewLayers);
    }

    [Theory]
    [InlineData(End.Sum, "its output comes from a Add layer, and from no linear layer or convolution after it")]
    [InlineData(End.TwoOutputs, "it has 2 outputs")]
    public void A_head_that_cannot_be_found_is_one_error(End end, string problem)
    {
        using var folder = new TemporaryFolder();
        string path = Exported(folder, end);
        Assert.Equal(
            $"exported: has {Classes} classes; expected 4, and no new head can be drawn: {problem}",
            Error(path, new NetworkOverrides { ClassCount = 4, NewHead = new(Key) })
        );
    }

    [Fact]
    public void Another_class_count_is_an_error_where_no_new_head_may_be_drawn_or_no_network_has_as_many()
    {
        using var folder = new TemporaryFolder();
        string path = Exported(folder, End.Linear);
        Assert.Equal(
            $"{path}: has {Classes} classes; expected 4, as model.class_count says (only training draws a new head)",
            Error(path, new NetworkOverrides { ClassCount = 4 })
        );
        Assert.Equal(
            "model: class_count: expected 1 to 250000 classes, got 250001",
            Error(path, new NetworkOverrides { ClassCount = 250_001, NewHead = new(Key) })
        );
    }

    [Theory]
    [InlineData(End.LinearAndSoftmax)]
    [InlineData(End.ConvolutionAndSoftmax)]
    public void Logits_are_the_values_before_a_final_softmax(End end)
    {
        var device = Use(DeviceKind.Host);
        using var folder = new TemporaryFolder();
        var network = Network.Load(Exported(folder, end), device).ValueOrThrow();
        var logits = network.Graph.Logits();
        Assert.NotSame(network.Graph, logits);
        var images = GeneratedWeights.Images(device, "head", [2, 3, Side, Side]);
        float[] values = Forward.Run(logits, network.Parameters, images).ToArray();
        float[] expected = [.. values.Chunk(Classes).SelectMany(row => Classifier.Probabilities(row)).Select(value => (float)value)];
        Assert.True(Probe.Difference(expected, Forward.Run(network.Graph, network.Parameters, images).ToArray()) < 1e-6);
        Assert.True(Probe.Difference(values, new Classifier(network, 2).Logits(images.ToArray(), 2)) < 1e-5);
        Assert.Same(logits, logits.Logits());
    }

    [Fact]
    public void A_network_of_global_pooling_is_read_for_images_of_another_size_and_a_line_says_so()
    {
        var device = Use(DeviceKind.Host);
        using var folder = new TemporaryFolder();
        var overrides = new NetworkOverrides { Resize = 20, Crop = 20 };
        var network = Network.Load(Exported(folder, End.Linear), device, overrides).ValueOrThrow();
        Assert.Equal("the model is written for images of 12 × 12 pixels; it is read for 20 × 20", network.Notes[0]);
        network.Save(folder.File("larger.pqf")).ValueOrThrow();
        Assert.Equal([1, 20, 20, 3], Network.Load(folder.File("larger.pqf"), device).ValueOrThrow().Preprocessing.InputShape(1));
        var smaller = new NetworkOverrides { Resize = 16, Crop = 16 };
        var read = Network.Load(folder.File("larger.pqf"), device, smaller).ValueOrThrow();
        read.Save(folder.File("small.onnx")).ValueOrThrow();
        using var runtime = new OnnxRuntimeModel(File.ReadAllBytes(folder.File("small.onnx")));
        var images = GeneratedWeights.Images(device, "size", [1, 3, 16, 16]);
        Assert.True(Probe.Difference(Forward.Run(read.Graph, read.Parameters, images).ToArray(), runtime.Run(images)) < 1e-5);
    }

    [Fact]
    public void A_network_that_fixes_the_size_says_which_layer_does()
    {
        using var folder = new TemporaryFolder();
        var model = new SmallModel(13, null, 3, Side, Side);
        string x = model.Node("Flatten", [model.Mixed("x", 3, 2)]);
        x = model.Node("MatMul", [x, model.Weight("fc.weight", 2 * Side * Side, Classes)]);
        string path = folder.Write("fixed.onnx", model.Output(x, 2).ToBytes());
        Assert.Contains("MatMul node v4: ", Error(path, new NetworkOverrides { Resize = 20, Crop = 20 }), StringComparison.Ordinal);
        var device = Use(DeviceKind.Host);
        Network.Load(path, device).ValueOrThrow().Save(folder.File("fixed.pqf")).ValueOrThrow();
        Assert.StartsWith(
            "configuration: preprocessing.crop: fixed: its layers do not fit one another: Linear: ",
            Error(folder.File("fixed.pqf"), new NetworkOverrides { Resize = 20, Crop = 20 }),
            StringComparison.Ordinal
        );
    }

    static Network Load(string path, Tensors.Devices.Device device, int classCount) =>
        Network.Load(path, device, new NetworkOverrides { ClassCount = classCount, NewHead = new(Key) }).ValueOrThrow();

    string Error(string path, NetworkOverrides overrides) =>
        Network.Load(path, Use(DeviceKind.Host), overrides).Match(_ => "it was read", error => error.Message);

    static float[] Values(Network network, string name) => network.Parameters[name].Decode().ToArray();

    [Fact]
    public void A_layer_that_is_read_twice_or_shares_its_weights_is_no_head()
    {
        var graph = new GraphBuilder();
        int x = graph.Flatten(graph.GlobalAvgPool(graph.Input(3))),
            y = graph.Linear(x, "fc", 3, 3),
            z = graph.Linear(y, "fc", 3, 3);
        Assert.Equal(
            "fc, its last Linear layer, shares its weights with another one",
            ClassifierHead.WithClasses(graph.Build(), [1, 4, 4, 3], 5).Match(_ => "", problem => problem)
        );
        // A node that no output needs reads it too.
        var read = graph.Build([graph.Relu(z)]);
        Assert.Equal(
            "its last Linear layer is read by other layers too",
            ClassifierHead
                .WithClasses(new Graph(read.Nodes.Add(new Nets.Layers.TanhLayer(z)), read.Outputs), [1, 4, 4, 3], 5)
                .Match(_ => "", problem => problem)
        );
    }

    static string Exported(TemporaryFolder folder, End end)
    {
        var m = new SmallModel(13, null, 3, Side, Side);
        string x = m.Node("Conv", ["x", m.Weight("stem.weight", 8, 3, 3, 3)]);
        x = m.Node("Relu", [m.Node("Conv", [x, m.Weight("wide.weight", 16, 8, 3, 3)])]);
        string features = m.Node("Flatten", [m.Node("GlobalAveragePool", [x])]);
        string last = end switch
        {
            End.Linear => Linear(features, "head"),
            End.LinearAndSoftmax => m.Node("Softmax", [Linear(features, "head")], OnnxMessages.Attribute("axis", 1)),
            End.Product => m.Node("MatMul", [features, m.Weight("head.weight", 16, Classes)]),
            End.Convolution => m.Node("Flatten", [m.Node("GlobalAveragePool", [m.Node("Relu", [Convolution()])])]),
            End.ConvolutionAndSoftmax => m.Node(
                "Flatten",
                [m.Node("Softmax", [m.Node("GlobalAveragePool", [Convolution()])], OnnxMessages.Attribute("axis", 1))]
            ),
            End.ReshapedConvolution => m.Node("Reshape", [m.Node("GlobalAveragePool", [Convolution()]), m.Integers(-1, Classes)]),
            End.Sum => m.Node("Add", [Linear(features, "one"), Linear(features, "other")]),
            _ => Linear(features, "head"),
        };
        m.Output(last, 2);
        if (end == End.TwoOutputs)
            m.Output(Linear(features, "second"), 2);
        return folder.Write("exported.onnx", m.ToBytes());

        string Linear(string from, string name) =>
            m.Node(
                "Gemm",
                [from, m.Weight($"{name}.weight", Classes, 16), m.Weight($"{name}.bias", Classes)],
                OnnxMessages.Attribute("transB", 1)
            );

        string Convolution() => m.Node("Conv", [x, m.Weight("head.weight", Classes, 16, 1, 1), m.Weight("head.bias", Classes)]);
    }
}
