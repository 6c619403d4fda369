using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>Networks read from models of other programs compute what ONNX Runtime computes: no weight has another's place.</summary>
public sealed class OnnxNamesTests(DeviceSet devices) : DeviceTest(devices), IDisposable
{
    const double Tolerance = 1e-4;
    const int Side = 32;

    static readonly Architecture Small = new("resnet18", 5, 3, 4);

    readonly TemporaryFolder folder = new();

    void IDisposable.Dispose()
    {
        Dispose();
        folder.Dispose();
    }

    static ImmutableDictionary<string, ExportForm> Forms { get; } =
        new Dictionary<string, ExportForm>
        {
            ["norms kept"] = new(),
            ["norms kept, convolutions with bias"] = new() { Norms = ExportForm.NormForm.KeptAfterBias },
            ["norms of another epsilon"] = new() { Eps = 1e-3f },
            ["norms folded"] = new() { Norms = ExportForm.NormForm.Folded },
            ["some norms folded"] = new() { Norms = ExportForm.NormForm.SomeFolded },
            ["norms as products and sums"] = new() { Norms = ExportForm.NormForm.Products },
            ["shortcuts first"] = new() { SwapsSums = true },
            ["shortcuts first, norms folded"] = new() { SwapsSums = true, Norms = ExportForm.NormForm.Folded },
            ["Gemm of columns"] = new() { Head = ExportForm.HeadForm.GemmOfColumns },
            ["MatMul and Add"] = new() { Head = ExportForm.HeadForm.MatMulAndAdd },
            ["MatMul of a transposed weight"] = new() { Head = ExportForm.HeadForm.MatMulOfTransposed },
            ["mean, axes an attribute"] = new() { Pool = ExportForm.PoolForm.MeanOfAttribute },
            ["mean, axes an input"] = new() { Pool = ExportForm.PoolForm.MeanOfInput },
            ["mean to rows"] = new() { Pool = ExportForm.PoolForm.MeanToRows },
            ["reshape"] = new() { Rows = ExportForm.RowsForm.Reshape },
            ["reshape to a computed shape"] = new() { Rows = ExportForm.RowsForm.ReshapeByShape },
            ["squeeze"] = new() { Rows = ExportForm.RowsForm.Squeeze },
            ["identities, dropout, casts, softmax"] = new() { IsPadded = true },
            ["clip, sum, automatic padding"] = new() { IsOtherwise = true },
            ["weights as inputs"] = new() { Weights = ExportForm.WeightForm.Input },
            ["weights as constants"] = new() { Weights = ExportForm.WeightForm.Constant },
            ["weights as copies of copies"] = new() { Weights = ExportForm.WeightForm.Copies },
            ["weights cast from half"] = new() { Weights = ExportForm.WeightForm.Half },
            ["weights in another file"] = new() { Weights = ExportForm.WeightForm.External, Norms = ExportForm.NormForm.Folded },
            ["weights of 8 bits"] = new() { Weights = ExportForm.WeightForm.Quantised, Norms = ExportForm.NormForm.Folded },
            ["weights of 8 bits, a scale a channel"] = new() { Weights = ExportForm.WeightForm.QuantisedChannels },
            ["weights quantised in the graph"] = new() { Weights = ExportForm.WeightForm.QuantisedInTheGraph },
        }.ToImmutableDictionary();

    public static TheoryData<string> FormNames => [.. Forms.Keys.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(FormNames))]
    public void A_network_is_found_in_a_model_without_names(string name) => Check(Small, Forms[name]);

    [Theory]
    [InlineData("resnet20", 8)]
    [InlineData("resnet34", 2)]
    [InlineData("resnet50", 4)] // the third convolution and the shortcut of its first block have weights of one shape
    [InlineData("resnext50_32x4d", 16)]
    public void Every_kind_of_residual_network_is_found(string network, int width)
    {
        foreach (var norms in (ExportForm.NormForm[])[ExportForm.NormForm.Kept, ExportForm.NormForm.Folded])
            Check(new(network, 5, 1, width), new() { Norms = norms, SwapsSums = norms == ExportForm.NormForm.Folded });
    }

    [Theory]
    [InlineData("external")]
    [InlineData("constants")]
    [InlineData("renamed")]
    [InlineData("qdq")]
    public void A_shared_case_gives_the_logits_of_ONNX_Runtime(string name)
    {
        var device = Use(DeviceKind.Host);
        string path = SharedData.Path($"cases/onnx/{name}.onnx");
        using var file = TensorFiles.Open(path).Value();
        var architecture = ArchitectureRecognition.Recognise(file).Value();
        Assert.Equal(new Architecture("resnet18", 10, 3, 8), architecture);
        using var scope = device.BeginScope();
        Compare(path, file, architecture, GeneratedWeights.Images(device, name, [1, 3, 224, 224]), logits => logits);
        Assert.Equal(
            name switch
            {
                "external" => "ONNX, weights in external.onnx.data",
                "qdq" => "ONNX, 8 tensors stored as integers with a scale",
                _ => "ONNX",
            },
            file.Format
        );
        Assert.Equal(
            name switch
            {
                "renamed" => ["the weights are named by the model's graph, which is that of resnet18"],
                "qdq" => ["8 tensors are stored as integers with a scale; they are decoded"],
                _ => (string[])[],
            },
            NamedTensors.Of(file).Value().Notes
        );
    }

    [Fact]
    public void Quantised_values_between_layers_do_not_hide_the_weights()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(Small);
        var parameters = GeneratedWeights.Parameters(graph, device, "onnx");
        string path = Write(new(graph, parameters, new() { QuantisesValues = true }));
        using var file = TensorFiles.Open(path).Value();
        var read = StateDict.Load(graph, file, device).Value().Parameters;
        Assert.All(
            ParameterSpecs.Of(graph),
            spec => Assert.Equal(parameters[spec.Name].Decode().ToArray(), read[spec.Name].Decode().ToArray())
        );
    }

    [Fact]
    public void Names_that_lie_do_not_count_where_the_graph_is_known()
    {
        var device = Use(DeviceKind.Host);
        var architecture = Small with { ClassCount = 32 }; // as many as columns
        var graph = TestGraphs.Build(architecture);
        var model = new ExportedModel(
            graph,
            GeneratedWeights.Parameters(graph, device, "onnx"),
            new() { Head = ExportForm.HeadForm.MatMulAndAdd }
        );
        var product = model.Nodes.Single(node => node.Operator == "MatMul");
        model.Weights.Rename(product.Inputs[1], "fc.weight");
        product.Inputs[1] = "fc.weight";
        string path = Write(model);
        using var file = TensorFiles.Open(path).Value();
        Compare(path, file, architecture, GeneratedWeights.Images(device, "x", [1, 3, Side, Side]), logits => logits);
    }

    [Theory]
    [MemberData(nameof(Different))]
    public void Names_of_a_known_network_do_not_hide_another_graph(string change, string operation)
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(Small);
        var model = new ExportedModel(graph, GeneratedWeights.Parameters(graph, device, "onnx"), new());
        Name(model, graph);
        using var named = TensorFiles.Open(Write(model)).Value();
        Assert.Equal(Small, ArchitectureRecognition.Recognise(named).Value());
        Spoil(model.Nodes, change);
        string path = Write(model);
        using var file = TensorFiles.Open(path).Value();
        Assert.StartsWith(
            $"{path}: has the names and shapes of resnet18, but the model's graph is another: the first operation that differs is "
                + $"{operation} (",
            ArchitectureRecognition.Recognise(file).ErrorMessage(),
            StringComparison.Ordinal
        );
    }

    /// <summary>Gives the weights the names of a state dict.</summary>
    static void Name(ExportedModel model, Graph graph)
    {
        var reads = model.Nodes.Where(node => node.Operator is "Conv" or "BatchNormalization" or "Gemm").ToArray();
        foreach (var (node, layer) in reads.Zip(graph.Nodes.Where(layer => !layer.Parameters.IsEmpty)))
        foreach (var (i, spec) in layer.Parameters.Index())
        {
            model.Weights.Rename(node.Inputs[i + 1], spec.Name);
            node.Inputs[i + 1] = spec.Name;
        }
    }

    /// <summary>What is changed, and the operation that the message names.</summary>
    public static TheoryData<string, string> Different =>
        new()
        {
            { "Relu", "Conv" }, // of other values
            { "LeakyRelu", "LeakyRelu" },
            { "Padding", "Conv" },
            { "Ceil", "MaxPool" },
            { "Sum", "Sub" },
            { "Alpha", "Gemm" },
            { "Extra", "Sigmoid" },
            { "Normalised", "Sub" },
            { "Pool", "AveragePool" },
        };

    [Theory]
    [MemberData(nameof(Different))]
    public void The_first_operation_that_differs_is_named(string change, string operation)
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(Small);
        var model = new ExportedModel(graph, GeneratedWeights.Parameters(graph, device, "onnx"), new());
        Spoil(model.Nodes, change);
        using var file = TensorFiles.Open(Write(model)).Value();
        Assert.Contains(
            $"; the model's graph is not that of a known network either: the first operation that differs is {operation} (",
            ArchitectureRecognition.Recognise(file).ErrorMessage(),
            StringComparison.Ordinal
        );
    }

    /// <summary>Nearly the network: an operation is another, or reads another value.</summary>
    public static TheoryData<string> Spoilt =>
        ["Relu", "LeakyRelu", "Stride", "Padding", "Ceil", "Groups", "Shortcut", "Sum", "Head", "Alpha", "Extra", "Unsorted"];

    [Theory]
    [MemberData(nameof(Spoilt))]
    public void A_graph_that_is_nearly_a_known_one_gives_no_names(string change)
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(Small);
        var model = new ExportedModel(graph, GeneratedWeights.Parameters(graph, device, "onnx"), new());
        Spoil(model.Nodes, change);
        string path = Write(model);
        using var file = TensorFiles.Open(path).Value();
        Assert.Contains(
            "; the model's graph is not that of a known network either",
            ArchitectureRecognition.Recognise(file).ErrorMessage()
        );
        Assert.StartsWith($"{path}: no known architecture has its layers", ArchitectureRecognition.Recognise(file).ErrorMessage());
    }

    static void Spoil(List<ExportedNode> nodes, string change)
    {
        int At(string operation, int number = 0) => nodes.Index().Where(node => node.Item.Operator == operation).ElementAt(number).Index;
        void Change(int at, Func<ExportedNode, ExportedNode> changed) => nodes[at] = changed(nodes[at]);
        switch (change)
        {
            case "Relu":
                Change(At("Relu", 3), node => node with { Operator = "Identity" });
                break;
            case "LeakyRelu":
                Change(At("Relu", 3), node => node with { Operator = "LeakyRelu" });
                break;
            case "Stride":
                Change(
                    At("Conv", 2),
                    node => node with { Attributes = [OnnxMessages.Attribute("strides", [2, 1]), .. node.Attributes[1..]] }
                );
                break;
            case "Padding":
                Change(At("Conv", 2), node => node with { Attributes = [OnnxMessages.Attribute("pads", [1, 1, 1, 0])] });
                break;
            case "Ceil":
                Change(At("MaxPool"), node => node with { Attributes = [.. node.Attributes, OnnxMessages.Attribute("ceil_mode", 1)] });
                break;
            case "Groups":
                Change(At("Conv", 2), node => node with { Attributes = [.. node.Attributes[..2], OnnxMessages.Attribute("group", 2)] });
                break;
            case "Shortcut":
                // From inside the block rather than from before it
                Change(At("Add"), node => node with { Inputs = [node.Inputs[0], nodes[At("Relu", 1)].Output] });
                break;
            case "Sum":
                Change(At("Add", 1), node => node with { Operator = "Sub" });
                break;
            case "Head":
                Change(At("Gemm"), node => node with { Inputs = [node.Inputs[0], nodes[At("Relu")].Output] });
                break;
            case "Alpha":
                Change(At("Gemm"), node => node with { Attributes = [.. node.Attributes, ExportedWeights.Single("alpha", 2)] });
                break;
            case "Normalised":
                nodes.Insert(0, new("Sub", [nodes[0].Inputs[0], nodes[0].Inputs[1]], "normalised", []));
                Change(1, node => node with { Inputs = ["normalised", .. node.Inputs[1..]] });
                break;
            case "Pool":
                Change(
                    At("GlobalAveragePool"),
                    node => node with { Operator = "AveragePool", Attributes = [OnnxMessages.Attribute("kernel_shape", [2, 2])] }
                );
                break;
            case "Extra":
                nodes.Insert(At("Flatten"), new("Sigmoid", [nodes[At("GlobalAveragePool")].Output], "extra", []));
                Change(At("Flatten"), node => node with { Inputs = ["extra"] });
                break;
            default:
                // A cycle, once round
                Change(At("Conv", 3), node => node with { Inputs = [nodes[At("Relu", 5)].Output, node.Inputs[1]] });
                break;
        }
    }

    [Theory]
    [InlineData("QLinearConv", "")]
    [InlineData("ConvInteger", "")]
    [InlineData("MatMulNBits", "com.microsoft")]
    public void Operators_that_hold_quantised_weights_are_named(string operation, string domain)
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(Small);
        var model = new ExportedModel(graph, GeneratedWeights.Parameters(graph, device, "onnx"), new());
        model.Nodes[0] = model.Nodes[0] with { Operator = operation, Attributes = [WireField.Text(7, domain)] };
        string path = Write(model);
        using var file = TensorFiles.Open(path).Value();
        Assert.Equal(
            $"{path}: v1: the weights of operator {operation} are not read; expected Conv, Gemm or MatMul, with quantised weights "
                + "that come through DequantizeLinear (the format that ONNX Runtime calls QDQ)",
            ArchitectureRecognition.Recognise(file).ErrorMessage()
        );
    }

    void Check(Architecture architecture, ExportForm form)
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(architecture);
        string path = Write(new(graph, GeneratedWeights.Parameters(graph, device, "onnx"), form));
        using var file = TensorFiles.Open(path).Value();
        var found = ArchitectureRecognition.Recognise(file).Value();
        Assert.True(Networks.IsAlso(architecture, found.Name), found.Name);
        Assert.Equal(architecture with { Name = found.Name }, found);
        using var scope = device.BeginScope();
        var images = GeneratedWeights.Images(device, "x", [1, architecture.InChannels, Side, Side]);
        Compare(path, file, architecture, images, form.IsPadded ? Softmax : logits => logits);
        Assert.Contains(
            NamedTensors.Of(file).Value().Notes,
            note => note.StartsWith("the weights are named by the model's graph", StringComparison.Ordinal)
        );
    }

    static void Compare(string path, TensorFile file, Architecture architecture, Tensor<float> images, Func<float[], float[]> result)
    {
        var graph = TestGraphs.Build(architecture);
        var (parameters, report) = StateDict.Load(graph, file, images.Device).Value();
        Assert.Empty(report.Unused);
        using var runtime = new OnnxRuntimeModel(path);
        Close.Check(runtime.Run(images), result(Forward.Run(graph, parameters, images).ToArray()), Tolerance);
    }

    static float[] Softmax(float[] logits)
    {
        double[] powers = [.. logits.Select(logit => Math.Exp((double)logit))];
        return [.. powers.Select(power => (float)(power / powers.Sum()))];
    }

    string Write(ExportedModel model)
    {
        Directory.CreateDirectory(folder.File("weights"));
        if (model.Weights.External.Length > 0)
            folder.Write("weights/all.bin", model.Weights.External);
        return folder.Write("x.onnx", model.ToBytes(Side));
    }
}
