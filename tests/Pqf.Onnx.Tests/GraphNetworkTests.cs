using System.Text;
using System.Text.Json;
using Pqf.Compression;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Graphs.Text;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>Networks of a graph of their own: read from models of other programs, compressed, written, and read again.</summary>
public class GraphNetworkTests(DeviceSet devices) : DeviceTest(devices)
{
    const int Side = 32,
        Classes = 7;

    // Norms are stored as products in ONNX models; sums in another order.
    const double Tolerance = 1e-5;

    public static TheoryData<string> Samples { get; } =
    [.. SampleLayers.All.Where(sample => sample.Layer.Onnx is not null).Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_layer_is_the_same_when_its_text_is_read(string name)
    {
        var graph = SampleLayers.All.Single(sample => sample.Name == name).Graph;
        string text = TextOf(graph);
        var read = GraphText.Read(JsonDocument.Parse(text).RootElement);
        Assert.Equal(text, TextOf(read));
        Assert.Equal(GraphShapes.Of(graph, SampleLayers.Images), GraphShapes.Of(read, SampleLayers.Images));
        var device = Use(DeviceKind.Host);
        var parameters = GeneratedWeights.Parameters(graph, device, "text");
        var s = SampleLayers.Images;
        var images = GeneratedWeights.Images(device, "text", [s[0], s[3], s[1], s[2]]);
        Assert.Equal(Forward.Run(graph, parameters, images).ToArray(), Forward.Run(read, parameters, images).ToArray());
    }

    public static TheoryData<string, string> WrongTexts { get; } =
        new()
        {
            { "[]", "expected a graph of 1 to 100000 layers" },
            { """{"layers":[],"outputs":[0]}""", "expected a graph of 1 to 100000 layers" },
            { """{"layers":[["Input",[],{"channels":3}]],"outputs":[1]}""", "outputs: expected numbers of earlier layers" },
            { """{"layers":[["Input",[],{"channels":3}]],"outputs":[]}""", "outputs: expected one number or more, rising" },
            { """{"layers":[["Relu",[0],{}]],"outputs":[0]}""", "layer 0 (Relu): inputs: expected numbers of earlier layers" },
            { """{"layers":[["Input",[],{}]],"outputs":[0]}""", "layer 0 (Input): channels is missing" },
            { """{"layers":[["Input",[],{"channels":"3"}]],"outputs":[0]}""", "layer 0 (Input): channels: expected a whole number" },
            { """{"layers":[["Loop",[],{}]],"outputs":[0]}""", "layer 0: the kind Loop is not known" },
            { """{"layers":[["Input",[],{"channels":3}],["Relu",[],{}]],"outputs":[1]}""", "layer 1 (Relu): expected 1 inputs, got 0" },
            {
                """{"layers":[["Input",[],{"channels":3}],["Input",[],{"channels":3}]],"outputs":[1]}""",
                "expected one layer that is the images"
            },
        };

    [Theory]
    [MemberData(nameof(WrongTexts))]
    public void A_wrong_text_says_what_is_wrong(string text, string error) =>
        Assert.Equal(error, Assert.Throws<JsonException>(() => GraphText.Read(JsonDocument.Parse(text).RootElement)).Message);

    [Fact]
    public void A_model_of_another_program_is_read_as_a_network()
    {
        using var folder = new TemporaryFolder();
        var network = Network.Load(Exported(folder), Use(DeviceKind.Host)).ValueOrThrow();
        Assert.Equal("exported", network.Architecture.Title);
        Assert.Equal(Classes, network.Architecture.ClassCount);
        Assert.Equal("class 0", network.ClassNames[0]);
        Assert.Equal([1, Side, Side, 3], network.Preprocessing.InputShape(1));
        Assert.Equal(
            [
                "the model does not say how its images are prepared; guessed: resize 32, crop 32 × 32, ImageNet's mean and deviation "
                    + "(change them with preprocessing.resize, crop, mean, deviation)",
            ],
            network.Notes
        );
    }

    [Theory]
    [InlineData(".pqf")]
    [InlineData(".safetensors")]
    [InlineData(".onnx")]
    public void It_is_compressed_written_and_read_again(string extension)
    {
        var device = Use(DeviceKind.Host);
        using var folder = new TemporaryFolder();
        var compressed = Compress(Network.Load(Exported(folder), device).ValueOrThrow());
        Assert.True(compressed.Parameters.IsQuantised);
        string path = folder.File("compressed" + extension);
        compressed.Save(path, ModelFormats.Of(path)!.Value).ValueOrThrow();
        var read = Network.Load(path, device).ValueOrThrow();
        Assert.Equal("exported", read.Architecture.Title);
        Assert.True(read.IsCompressed);
        Assert.Equal(ValueForm.Scaled8, ((Weight.Dense)read.Parameters["depthwise.weight"]).Form);
        Assert.Equal(ValueForm.Half, ((Weight.Dense)read.Parameters["stem.weight"]).Form);
        Assert.IsType<Weight.Quantised>(read.Parameters["wide.weight"]);
        var images = GeneratedWeights.Images(device, "graph", [2, 3, Side, Side]);
        float[] expected = Forward.Run(compressed.Graph, compressed.Parameters, images).ToArray(),
            actual = Forward.Run(read.Graph, read.Parameters, images).ToArray();
        Assert.True(Probe.Difference(expected, actual) < Tolerance);
        if (extension == ".onnx")
            using (var runtime = new OnnxRuntimeModel(File.ReadAllBytes(path)))
            {
                Assert.Equal(["x"], runtime.Session.InputMetadata.Keys);
                Assert.True(Probe.Difference(expected, runtime.Run(images)) < Tolerance);
            }
        else
            Assert.Equal("2", VersionOf(path));
    }

    [Fact]
    public void A_network_of_several_outputs_keeps_their_names()
    {
        var device = Use(DeviceKind.Host);
        using var folder = new TemporaryFolder();
        var model = new SmallModel(13, null, 3, 12, 16);
        string first = model.Mixed("x", 3, 8),
            second = model.Mixed(model.Node("Relu", [first]), 8, 8);
        model.Output(second, 4).Output(first, 4).Output(model.Node("Identity", [second]), 4);
        var network = Network.Load(folder.Write("maps.onnx", model.ToBytes()), device).ValueOrThrow();
        Assert.Equal([1, 12, 16, 3], network.Preprocessing.InputShape(1));
        string path = folder.File("out.onnx");
        Compress(network).Save(path, ModelFormat.Onnx).ValueOrThrow();
        using var runtime = new OnnxRuntimeModel(File.ReadAllBytes(path));
        Assert.Equal(model.OutputNames, runtime.Session.OutputNames);
        Assert.Equal(network.Graph.Outputs.Length, Network.Load(path, device).ValueOrThrow().Graph.Outputs.Length);
    }

    [Fact]
    public void A_classifier_is_not_expected_of_maps()
    {
        using var folder = new TemporaryFolder();
        var model = new SmallModel(13, null, 3, 12, 12);
        string path = folder.Write("maps.onnx", model.Output(model.Mixed("x", 3, 8), 4).ToBytes());
        Assert.Equal(
            $"{path}: gives other values than one row of classes for each image; expected a network that classifies images",
            Network.Load(path, Use(DeviceKind.Host), null, NetworkTask.Classification).Match(_ => "it was read", error => error.Message)
        );
    }

    static PqfModel Compress(Network network)
    {
        var options = new CompressOptions
        {
            Compression = new CompressionSpec { K = 8, KMeansIterations = 4 },
            Permutation = null,
        };
        var model = CompressJob.Run(network, options, null, TestContext.Current.CancellationToken).ValueOrThrow().Model;
        return model.AsStored();
    }

    /// <summary>A small classifier with a depthwise convolution, squeeze-and-excitation, a concatenation, and rows of 10 values.</summary>
    static string Exported(TemporaryFolder folder)
    {
        var m = new SmallModel(13, null, 3, Side, Side);
        string x = m.Node("Conv", ["x", m.Weight("stem.weight", 10, 3, 3, 3)], OnnxMessages.Attribute("strides", [2, 2]));
        x = m.Node(
            "BatchNormalization",
            [x, m.Positive("bn.weight", 10), m.Weight("bn.bias", 10), m.Weight("bn.running_mean", 10), m.Positive("bn.running_var", 10)]
        );
        x = m.Node("Mul", [x, m.Node("Sigmoid", [x])]);
        x = m.Node("Conv", [x, m.Weight("depthwise.weight", 10, 1, 3, 3)], OnnxMessages.Attribute("group", 10));
        x = m.Node("Mul", [x, m.Node("HardSigmoid", [m.Mixed(m.Node("GlobalAveragePool", [x]), 10, 10)])]);
        x = m.Node("Concat", [x, m.Mixed(x, 10, 8)], OnnxMessages.Attribute("axis", 1));
        x = m.Node("Conv", [x, m.Weight("wide.weight", 16, 18, 3, 3)]);
        x = m.Node("Flatten", [m.Node("GlobalAveragePool", [m.Node("Relu", [x])])]);
        x = m.Node("Gemm", [x, m.Weight("fc.weight", Classes, 16), m.Weight("fc.bias", Classes)], OnnxMessages.Attribute("transB", 1));
        return folder.Write("exported.onnx", m.Output(x, 2).ToBytes());
    }

    static string TextOf(Graph graph)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
            GraphText.Write(json, graph);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    static string VersionOf(string path)
    {
        using var file = TensorFiles.Open(path).ValueOrThrow();
        return file.Metadata.GetValueOrDefault("version") ?? file.Metadata["pqf"];
    }
}
