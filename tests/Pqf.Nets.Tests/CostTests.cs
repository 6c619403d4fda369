using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class CostTests(DeviceSet devices) : DeviceTest(devices)
{
    // The expected totals are those of the paper's tables 1 and 2 and of its published files.
    [Theory]
    [InlineData("resnet18", 374_064_384, 12_927_232, 1.541, 28.94)]
    [InlineData("resnet18_large", 374_064_384, 8_634_624, 1.029, 43.32)]
    [InlineData("resnet50_large", 817_825_024, 26_718_976, 3.185, 30.61)]
    public void Published_networks_come_out_to_the_bit(string name, long denseBits, long bits, double sizeMiB, double ratio)
    {
        using var file = TensorFiles.Open(SharedData.Path($"published/{name}.pth")).Value();
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture(name.Split('_')[0]));
        var cost = Cost.Of(graph, StateDict.Load(graph, file, device).Value().Parameters, [1, 224, 224, 3]);
        Assert.Equal((denseBits, bits), (cost.DenseBits, cost.Bits));
        Assert.Equal(sizeMiB, cost.SizeMiB, 0.0005);
        Assert.Equal(ratio, cost.Ratio, 0.005);
    }

    [Fact]
    public void ResNet50_in_small_blocks_comes_out_to_the_bit()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture("resnet50"));
        // Paper, section 3.1: d = k² for k×k kernels, 4 elsewhere; 256 centroids, 1,024 for fc, but no more than a quarter of the blocks;
        // conv1 stays dense.
        var parameters = new Parameters(
            ParameterSpecs
                .Of(graph)
                .ToImmutableDictionary(
                    spec => spec.Name,
                    Weight (spec) =>
                    {
                        if (spec.Role != ParameterRole.Weight || spec.Layer == "conv1")
                            return new Weight.Dense(Tensor<float>.Zeros(device, spec.Shape));
                        int d = spec.Shape.Rank == 4 && spec.Shape[2] == 3 ? 9 : 4;
                        int k = Math.Min(spec.Layer == "fc" ? 1024 : 256, 1 << (int)Math.Log2(spec.Shape.Count / d / 4));
                        return new Weight.Quantised(
                            Tensor<float>.Zeros(device, [k, d]),
                            Tensor<ushort>.Zeros(device, [spec.Shape[0], spec.Shape.Count / spec.Shape[0] / d]),
                            spec.Shape
                        );
                    }
                )
        );
        var cost = Cost.Of(graph, parameters, [1, 224, 224, 3]);
        Assert.Equal((817_825_024, 42_714_368), (cost.DenseBits, cost.Bits));
        Assert.Equal(19.15, cost.Ratio, 0.005);
    }

    [Fact]
    public void ResNet50_takes_four_thousand_million_products_for_an_image()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture("resnet50"));
        var cost = Cost.Of(graph, GeneratedWeights.Parameters(graph, device, "resnet50"), [1, 224, 224, 3]);
        Assert.Equal(4_089_184_256, cost.MultiplyAdds); // torchvision's model table: 4.09 GFLOPS
        Assert.Equal(1, cost.Ratio);
    }

    [Fact]
    public void A_layer_counts_its_weight_bias_products_and_result()
    {
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Small();
        var cost = Cost.Of(graph, TestGraphs.Quantise(graph, GeneratedWeights.Parameters(graph, device, "small")), [2, 8, 8, 3]);
        var layer = Assert.Single(cost.Layers, layer => layer.Name == "block.conv2");
        Assert.Equal([8, 6, 3, 3], layer.Shape);
        Assert.Equal((440, 440 * 32), (layer.ParameterCount, layer.DenseBits));
        Assert.Equal((48 * 9) + (300 * 9 * 16) + (8 * 32), layer.Bits); // 48 codes of 9 bits, 300 centroids, 8 biases
        Assert.Equal(2 * 4 * 4 * 432, layer.MultiplyAdds);
        Assert.Equal(2 * 4 * 4 * 8 * 4, layer.ActivationBytes);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(128, 7)]
    [InlineData(256, 8)]
    [InlineData(257, 9)]
    [InlineData(65536, 16)]
    public void A_code_takes_the_bits_that_tell_k_centroids_apart(int k, int bits) => Assert.Equal(bits, Cost.BitsPerCode(k));
}
