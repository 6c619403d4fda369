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

    [Fact]
    public void The_face_detector_keeps_the_names_of_its_outputs()
    {
        using var file = TensorFiles.Open(SharedData.Path("data/onnx/version-RFB-320.onnx")).ValueOrThrow();
        var network = OnnxReader.Read(file).ValueOrThrow();
        Assert.Equal("input", network.Input.Name);
        Assert.Equal(["scores", "boxes"], network.Outputs.Select(output => output.Name));
    }
}
