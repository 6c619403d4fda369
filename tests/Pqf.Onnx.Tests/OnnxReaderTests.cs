using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Onnx.Reading;
using Pqf.Nets.Weights;
using Pqf.Properties;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>What is read of models as a whole: our own, those that leave something open, and those that are wrong.</summary>
public class OnnxReaderTests(DeviceSet devices) : DeviceTest(devices)
{
    const double Tolerance = 1e-4;

    [Fact]
    public void Random_networks_that_we_write_are_read_again_dense_and_quantised()
    {
        var device = Use(DeviceKind.Host);
        for (int seed = 0; seed < 15; seed++)
        {
            var key = RngKey.FromSeed(seed).Fold("onnx reader");
            var graph = RandomNetwork.OfOnnx(
                [.. Enumerable.Range(0, 1 + key.Below(8, 0)).Select(i => (byte)key.Bits((ulong)i + 2))],
                (byte)key.Bits(1)
            );
            var dense = GeneratedWeights.Parameters(graph, device, $"onnx reader {seed}");
            CheckWritten(graph, dense, [1, 9, 8, 3], $"seed {seed}");
            var layer = ParameterSpecs.Of(graph).First(spec => spec.Role == ParameterRole.Weight).Layer;
            CheckWritten(graph, TestGraphs.Quantise(graph, dense, (layer, 5, 1)), [1, 9, 8, 3], $"seed {seed}, quantised");
        }
    }

    public static TheoryData<string> Samples { get; } =
    [
        .. SampleLayers
            .All.Where(sample => sample.Layer.Onnx is not null && !NeedsNoImages.Contains(sample.Name))
            .Select(sample => sample.Name),
    ];

    // Nothing in them depends on the images.
    static string[] NeedsNoImages => ["a value a channel", "a value a pixel and channel"];

    [Theory]
    [MemberData(nameof(Samples))]
    public void A_layer_that_we_write_is_read_again(string name)
    {
        var sample = SampleLayers.All.Single(sample => sample.Name == name);
        CheckWritten(sample.Graph, GeneratedWeights.Parameters(sample.Graph, Use(DeviceKind.Host), "sample"), SampleLayers.Images, name);
    }

    void CheckWritten(Graph graph, Parameters parameters, Shape images, string what)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        OnnxWriter.Write(path, graph, parameters, images, new Dictionary<string, string>()).ValueOrThrow();
        var found = ModelRuns.Compare(path, Use(DeviceKind.Host));
        Assert.True(found.Largest < Tolerance, $"{what}: {found}");
    }

    [Fact]
    public void Weights_keep_their_names()
    {
        var graph = TestGraphs.Small();
        var parameters = GeneratedWeights.Parameters(graph, Use(DeviceKind.Host), "names");
        using var folder = new TemporaryFolder();
        string path = folder.File("model.onnx");
        OnnxWriter
            .Write(path, graph, TestGraphs.Quantise(graph, parameters), [1, 9, 8, 3], new Dictionary<string, string>())
            .ValueOrThrow();
        using var file = TensorFiles.Open(path).ValueOrThrow();
        string[] names = [.. ParameterSpecs.Of(OnnxReader.Read(file).ValueOrThrow().Graph).Select(spec => spec.Name)];
        Assert.Contains("conv1.weight", names);
        Assert.Contains("bn1.running_var", names);
        Assert.Contains("block.downsample.0.weight", names);
    }

    [Fact]
    public void Images_of_any_size_are_read_for_the_size_that_is_asked_for()
    {
        var model = new SmallModel(13, null, 3, null, null);
        model.Output(model.Node("GlobalAveragePool", [model.Mixed("x", 3, 4)]), 4);
        using var folder = new TemporaryFolder();
        string path = folder.Write("model.onnx", model.ToBytes());
        using var file = TensorFiles.Open(path).ValueOrThrow();
        var network = OnnxReader.Read(file, new OnnxReadOptions { ImageSize = new Pair(32, 40) }).ValueOrThrow();
        Assert.Equal([1, 32, 40, 3], network.Input.Shape);
        Assert.True(network.Input.IsAnySize);
        Assert.Equal(["the model takes images of any size; it is read for images of 32 × 40 pixels"], network.Notes);
        Assert.Equal([1, 224, 224, 3], OnnxReader.Read(file).ValueOrThrow().Input.Shape);
    }

    [Fact]
    public void Images_with_their_channels_last_are_not_moved()
    {
        var model = new SmallModel(13, null, 9, 8, 3);
        string y = model.Node("Transpose", ["x"], OnnxMessages.Attribute("perm", [0, 3, 1, 2]));
        model.Output(model.Mixed(y, 3, 4), 4);
        using var folder = new TemporaryFolder();
        var found = ModelRuns.Compare(folder.Write("model.onnx", model.ToBytes()), Use(DeviceKind.Host));
        Assert.True(found.Largest < Tolerance, $"{found}");
        Assert.Equal(["Input", "Conv2d"], found.Layers);
    }

    [Fact]
    public void Several_outputs_keep_their_names_and_their_order()
    {
        var model = new SmallModel(13, null, 3, 9, 8);
        string first = model.Mixed("x", 3, 4),
            second = model.Node("Relu", [first]);
        model.Output(second, 4).Output(first, 4);
        using var folder = new TemporaryFolder();
        string path = folder.Write("model.onnx", model.ToBytes());
        Assert.True(ModelRuns.Compare(path, Use(DeviceKind.Host)).Largest < Tolerance);
        using var file = TensorFiles.Open(path).ValueOrThrow();
        Assert.Equal([second, first], OnnxReader.Read(file).ValueOrThrow().Outputs.Select(output => output.Name));
    }

    [Fact]
    public void All_nodes_that_are_not_run_are_listed_and_what_reads_them_is_not()
    {
        var model = new SmallModel(13, null, 3, 9, 8);
        string sine = model.Node("Sin", [model.Mixed("x", 3, 4)]),
            cosine = model.Node("Cos", [model.Mixed("x", 3, 4)]);
        model.Node("Tan", ["x"]); // nobody needs it
        model.Output(model.Node("Add", [sine, cosine]), 4);
        using var folder = new TemporaryFolder();
        string path = folder.Write("model.onnx", model.ToBytes());
        using var file = TensorFiles.Open(path).ValueOrThrow();
        var problems = OnnxReader.Convert(file).ValueOrThrow().Match(_ => [], problems => problems);
        Assert.Equal(["Sin", "Cos"], problems.Select(problem => problem.Operator));
        Assert.Equal(
            [
                $"{path}: 2 nodes of the model are not run here:",
                $"Sin node {sine}: operator Sin is not supported",
                $"Cos node {cosine}: operator Cos is not supported",
            ],
            ErrorOf(path).Lines
        );
    }

    public static TheoryData<string, string> WrongModels { get; } = [.. Wrong.Select(pair => (pair.Key, pair.Value.Error))];

    [Theory]
    [MemberData(nameof(WrongModels))]
    public void A_wrong_model_is_one_line_that_names_the_node(string name, string error)
    {
        var model = new SmallModel(name == "old operations" ? 6 : 13, null, 3, 7, 6);
        Wrong[name].Build(model);
        using var folder = new TemporaryFolder();
        string path = folder.Write("model.onnx", model.ToBytes());
        Assert.Equal($"{path}: {error}", ErrorOf(path).Message);
    }

    /// <summary>No inputs, inputs that are left out, and an input that cannot be what the others are.</summary>
    public static MatrixTheoryData<string, string[]> WithoutInputs =>
        new(
            OperatorTable.Names.Order(StringComparer.Ordinal),
            [
                [],
                [""],
                ["", "", ""],
                ["x", ""],
            ]
        );

    [Theory]
    [MemberData(nameof(WithoutInputs))]
    public void An_operation_without_its_inputs_is_read_or_is_an_error_that_names_its_node(string operation, string[] inputs)
    {
        var model = new SmallModel(13, null, 3, 7, 6);
        string value = model.Node(operation, inputs);
        model.Output(value, 4);
        using var folder = new TemporaryFolder();
        string path = folder.Write("model.onnx", model.ToBytes());
        using var file = TensorFiles.Open(path).ValueOrThrow();
        string? error = OnnxReader.Read(file).Match(_ => (string?)null, wrong => wrong.Message);
        Assert.True(error is null || error.StartsWith($"{path}: ", StringComparison.Ordinal), error);
    }

    static Dictionary<string, (string Error, Action<SmallModel> Build)> Wrong =>
        new()
        {
            ["no outputs"] = ("the model has no outputs", m => m.Mixed("x", 3, 4)),
            ["old operations"] = (
                "its operations are of version 6 of ONNX; expected 7 or newer (onnx.version_converter changes it)",
                m => m.Output(m.Mixed("x", 3, 4), 4)
            ),
            ["an output that nothing makes"] = ("its output y is made by no node", m => m.Output("y", 4)),
            ["an input that is missing"] = (
                "Relu node v1: reads y, which no node before it makes, and which is no input of the model",
                m => m.Output(m.Node("Relu", ["y"]), 4)
            ),
            ["a cycle"] = (
                "Relu node v1: reads v2, which Relu node v2 makes later: nodes are out of order, or in a cycle",
                m =>
                {
                    m.Node("Relu", ["v2"]);
                    m.Output(m.Node("Relu", ["v1"]), 4);
                }
            ),
            ["a value made twice"] = (
                "Tanh node v1: makes v1, which Relu node v1 makes already",
                m => m.Output(m.Node("Relu", ["x"]), 4).Raw(OnnxMessages.Node("Tanh", ["x"], "v1"))
            ),
            ["other channels"] = (
                "Conv node v1: Conv2d: expected weight [O, C / groups, kH, kW] with 1 groups over 3 channels, got [4, 5, 1, 1]",
                m => m.Output(m.Node("Conv", ["x", m.Weight("w", 4, 5, 1, 1)]), 4)
            ),
            ["a weight of three axes"] = (
                "Conv node v1: expected a constant weight [O, I, kH, kW], got a constant of shape [4, 3, 1]",
                m => m.Output(m.Node("Conv", ["x", m.Weight("w", 4, 3, 1)]), 4)
            ),
            ["a weight that is computed"] = (
                "Conv node v2: expected a constant weight [O, I, kH, kW], got a value of shape [N, 3, 7, 6]",
                m => m.Output(m.Node("Conv", ["x", m.Node("Relu", ["x"])]), 4)
            ),
            ["a kernel larger than the images"] = (
                "Conv node v1: Conv2d: expected a kernel within the padded input, got weight [1, 3, 9, 9] with padding 0 and dilation 1 over [1, 7, 6, 3]",
                m => m.Output(m.Node("Conv", ["x", m.Weight("w", 1, 3, 9, 9)]), 4)
            ),
            ["strides of 0"] = (
                "Conv node v1: expected two strides of 1 or more",
                m => m.Output(m.Node("Conv", ["x", m.Weight("w", 1, 3, 1, 1)], OnnxMessages.Attribute("strides", [0, 1])), 4)
            ),
            ["a shape of other values"] = (
                "Reshape node v2: expected 126 values for each image, got [0, 125]",
                m => m.Output(m.Node("Reshape", ["x", m.Integers(0, 125)]), 2)
            ),
            ["a shape without images"] = (
                "Reshape node v2: expected 126 values for each image, got [7, 18]",
                m => m.Output(m.Node("Reshape", ["x", m.Integers(7, 18)]), 2)
            ),
            ["a transposition of the images' axis"] = (
                "Transpose node v1: the axis of the images stays the first here",
                m => m.Output(m.Node("Transpose", ["x"], OnnxMessages.Attribute("perm", [1, 0, 2, 3])), 4)
            ),
            ["absurd padding"] = (
                "Pad node v2: only rows and columns are padded here, by 0 or more, got [0, 0, 1000000000000000, 0, 0, 0, 0, 0]",
                m => m.Output(m.Node("Pad", ["x", m.Integers(0, 0, 1_000_000_000_000_000, 0, 0, 0, 0, 0)]), 4)
            ),
            ["absurd scales"] = (
                "Resize node v1: Shape: expected at most 2147483647 elements, got [1, 2147483647, 2147483647, 3]",
                m => m.Output(m.Node("Resize", ["x", "", m.Values("s", [4], 1, 1, 1e9f, 1e9f)]), 4)
            ),
            ["a constant of absurd lengths"] = (
                "ConstantOfShape node v2: operator ConstantOfShape is not supported",
                m => m.Output(m.Node("Add", ["x", m.Node("ConstantOfShape", [m.Integers(128, 16_777_248, 0, 3)])]), 4)
            ),
            ["sizes that fill the memory"] = (
                "Resize node v2: Resize: its value [1, 20000, 20000, 3] has more than 268435456 elements",
                m => m.Output(m.Node("Resize", ["x", "", "", m.Integers(1, 3, 20000, 20000)]), 4)
            ),
        };

    static PqfError ErrorOf(string path)
    {
        using var file = TensorFiles.Open(path).ValueOrThrow();
        return OnnxReader.Read(file).Match(_ => throw new InvalidOperationException("it was read"), error => error);
    }
}
