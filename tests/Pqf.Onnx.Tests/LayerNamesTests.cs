using Pqf.Nets.Onnx.Reading;
using Xunit;

namespace Pqf.Onnx.Tests;

public class LayerNamesTests
{
    // Names of nodes as PyTorch 1.13 to 2.11 exports torchvision's networks.
    [Theory]
    [InlineData("onnx::Conv_547", "/layer1/layer1.0/conv1/Conv", "layer1.0.conv1")]
    [InlineData("onnx::Conv_547", "/features/features.1/features.1.0/block/block.0/block.0.0/Conv", "features.1.0.block.0.0")]
    [InlineData("onnx::Conv_192", "/conv1/Conv", "conv1")]
    [InlineData("onnx::MatMul_9", "/encoder/layers/layers.10/fc/MatMul_1", "encoder.layers.10.fc")]
    [InlineData("onnx::Conv_547", "/layer1/layer10/conv1/Conv", "layer1.layer10.conv1")]
    [InlineData("onnx::Conv_547", "Conv_12", "onnx::Conv_547")] // PyTorch before 1.13 has no paths
    [InlineData("onnx::Conv_547", "", "onnx::Conv_547")]
    [InlineData("onnx::Conv_547", "/Conv", "onnx::Conv_547")]
    [InlineData("stem.conv", "/layer1/conv1/Conv", "stem.conv")]
    public void Names_that_the_exporter_made_up_give_way_to_the_modules_path(string weight, string node, string expected) =>
        Assert.Equal(expected, LayerNames.OfModules(weight, node));
}
