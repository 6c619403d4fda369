using System.Collections.Immutable;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Onnx.Tests;

/// <summary>Models of other programs that lie beside the project.</summary>
public class SharedModelTests(DeviceSet devices) : DeviceTest(devices)
{
    // In parts of the largest value: sums of the same terms in another order.
    const double Tolerance = 1e-4;

    [Theory]
    [InlineData("data/onnx/version-RFB-320.onnx")]
    [InlineData("data/onnx/light_densenet121.onnx")]
    [InlineData("data/onnx/light_inception_v2.onnx")]
    [InlineData("data/onnx/light_resnet50.onnx")]
    [InlineData("data/onnx/light_shufflenet.onnx")]
    [InlineData("data/onnx/light_squeezenet.onnx")]
    [InlineData("cases/onnx/constants.onnx")]
    [InlineData("cases/onnx/external.onnx")]
    [InlineData("cases/onnx/qdq.onnx")]
    [InlineData("cases/onnx/renamed.onnx")]
    public void A_model_gives_what_ONNX_Runtime_gives(string name)
    {
        var found = ModelRuns.Compare(SharedData.Path(name), Use(DeviceKind.Host));
        Assert.True(found.Largest < Tolerance, $"{name}: {found}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {found}");
    }

    [Theory]
    [InlineData("data/onnx/version-RFB-320.onnx")]
    [InlineData("data/onnx/light_densenet121.onnx")]
    [InlineData("data/onnx/light_inception_v2.onnx")]
    [InlineData("data/onnx/light_resnet50.onnx")]
    [InlineData("data/onnx/light_shufflenet.onnx")]
    [InlineData("data/onnx/light_squeezenet.onnx")]
    public void Reordering_every_group_leaves_the_outputs(string name)
    {
        var device = Use(DeviceKind.Host);
        using var file = TensorFiles.Open(SharedData.Path(name)).ValueOrThrow();
        var network = OnnxReader.Read(file).ValueOrThrow();
        // The light models have constant weights, which any order leaves alike.
        var parameters = GeneratedWeights.Parameters(network.Graph, device, "groups");
        var s = network.Input.Shape;
        var images = GeneratedWeights.Images(device, "groups", [1, s[3], s[1], s[2]]);
        var groups = ChannelGroups.Of(network.Graph);
        var orders = groups.Select(group => (group, RngKey.FromSeed(1).Permutation(group.ChannelCount).ToImmutableArray()));
        var reordered = ChannelGroup.Apply(parameters, orders);
        foreach (
            var (before, after) in Forward
                .Outputs(network.Graph, parameters, images, [])
                .Zip(Forward.Outputs(network.Graph, reordered, images, []))
        )
            Close.Check(before, after, Tolerance);
        string sizes = string.Join(
            ", ",
            groups.CountBy(group => group.ChannelCount).OrderBy(pair => pair.Key).Select(pair => $"{pair.Value} of {pair.Key}")
        );
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {groups.Length} groups: {sizes}");
    }

    [Fact]
    public void The_face_detector_keeps_the_names_of_its_outputs()
    {
        using var file = TensorFiles.Open(SharedData.Path("data/onnx/version-RFB-320.onnx")).ValueOrThrow();
        var network = OnnxReader.Read(file).ValueOrThrow();
        Assert.Equal("input", network.Input.Name);
        Assert.Equal(["scores", "boxes"], network.Outputs.Select(output => output.Name));
    }
}
