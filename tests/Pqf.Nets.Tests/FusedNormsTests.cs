using System.Collections.Immutable;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class FusedNormsTests(DeviceSet devices) : DeviceTest(devices)
{
    [Fact]
    public void A_network_read_from_its_ONNX_model_is_the_same_function()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var dense = GeneratedWeights.Parameters(graph, device, "fused");
        var images = GeneratedWeights.Images(device, "image", [2, 3, 8, 8]);
        foreach (var parameters in (Parameters[])[dense, TestGraphs.Quantise(graph, dense)])
        {
            using var folder = new TemporaryFolder();
            OnnxWriter.Write(folder.File("a.onnx"), graph, parameters, images.Shape, new Dictionary<string, string>()).Value();
            using var file = TensorFiles.Open(folder.File("a.onnx")).Value();
            var (read, report) = StateDict.Load(graph, file, device).Value();
            Assert.Equal("", report.ToString());
            Assert.Equal((true, false), (report.NormsFolded, report.LacksStatistics));
            Close.Check(Forward.Run(graph, parameters, images), Forward.Run(graph, read, images), 1e-6);
        }
    }

    [Fact]
    public void Codes_and_codebooks_come_back_as_they_were()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var parameters = TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "fused"));
        using var folder = new TemporaryFolder();
        OnnxWriter.Write(folder.File("a.onnx"), graph, parameters, [1, 8, 8, 3], new Dictionary<string, string>()).Value();
        using var file = TensorFiles.Open(folder.File("a.onnx")).Value();
        Assert.Equal((DType.U8, DType.U16), (file.ByName["block.conv1.codes_matrix"].Type, file.ByName["block.conv2.codes_matrix"].Type));
        var read = StateDict.Load(graph, file, device).Value().Parameters;
        foreach (var (name, weight) in parameters.Values.Where(pair => pair.Value is Weight.Quantised))
        {
            var (expected, actual) = ((Weight.Quantised)weight, (Weight.Quantised)read[name]);
            Assert.Equal(expected.Codes.ToArray(), actual.Codes.ToArray());
            Assert.Equal(expected.Codebook.ToArray(), actual.Codebook.ToArray());
        }
    }

    [Fact]
    public void Half_a_norm_is_missing_not_made_up()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var parameters = TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "fused"));
        using var folder = new TemporaryFolder();
        OnnxWriter.Write(folder.File("a.onnx"), graph, parameters, [1, 8, 8, 3], new Dictionary<string, string>()).Value();
        using var file = TensorFiles.Open(folder.File("a.onnx")).Value();
        var half = new TensorFile("a.onnx", "ONNX", file.Tensors.Where(tensor => tensor.Name != "bn1.shift"), file.Metadata);
        Assert.Contains("missing: bn1.bias", StateDict.Load(graph, half, device).ErrorMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_bias_stands_for_a_norm_only_where_the_layer_has_none_of_its_own()
    {
        var graph = TestGraphs.Small(); // block.conv2 has a bias
        var foldable = FusedNorms.Foldable(graph, GraphShapes.Of(graph, [1, 8, 8, 3]));
        Assert.Equal(
            ["block.bn1", "block.downsample.1", "bn1"],
            foldable.Values.Select(norm => norm.Name).Order(StringComparer.Ordinal).ToImmutableArray()
        );
    }
}
