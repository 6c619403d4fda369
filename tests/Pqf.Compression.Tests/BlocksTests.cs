using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

public class BlocksTests
{
    static readonly Graph ResNet18 = TestGraphs.Build(new Architecture("resnet18"));
    static readonly Graph ResNet50 = TestGraphs.Build(new Architecture("resnet50"));

    static ImmutableSortedDictionary<string, LayerSpec> Only(string layer, LayerSpec spec) =>
        ImmutableSortedDictionary<string, LayerSpec>.Empty.Add(layer, spec);

    [Theory]
    [InlineData(false, "layer1.0.conv1", 9, 256, 64)]
    [InlineData(true, "layer1.0.conv1", 18, 256, 32)]
    [InlineData(true, "layer2.0.downsample.0", 4, 256, 16)]
    [InlineData(true, "fc", 4, 2048, 128)]
    public void Block_lengths_and_codebooks_of_resnet18_are_the_published_ones(bool large, string layer, int d, int k, int m)
    {
        var spec = new CompressionSpec { LargeSubvectors = large, LayerSpecs = Only("fc", new LayerSpec { K = 2048 }) };
        var blocks = Blocks.Of(ResNet18, spec).Value().Single(blocks => blocks.Layer == layer);
        Assert.Equal((d, k, m), (blocks.D, blocks.K, blocks.M));
    }

    // Rows of a grouped convolution hold the inputs of one group: 4 · 9 values in the first stage of ResNeXt-50.
    [Theory]
    [InlineData(false, "layer1.0.conv2", 9, 128, 4)]
    [InlineData(true, "layer1.0.conv2", 18, 64, 2)]
    [InlineData(true, "layer4.0.conv2", 18, 256, 16)]
    public void Blocks_of_a_grouped_convolution_stay_within_its_group(bool large, string layer, int d, int k, int m)
    {
        var graph = TestGraphs.Build(new Architecture("resnext50_32x4d"));
        var blocks = Blocks.Of(graph, new CompressionSpec { LargeSubvectors = large }).Value().Single(blocks => blocks.Layer == layer);
        Assert.Equal((d, k, m), (blocks.D, blocks.K, blocks.M));
    }

    [Fact]
    public void Blocks_of_two_kernels_do_not_fit_a_convolution_of_one_channel_for_each_group()
    {
        var graph = new GraphBuilder();
        graph.Conv2d(graph.Conv2d(graph.Input(3), "conv1", 8, 1), "depthwise", 8, 3, new() { Groups = 8 });
        Assert.Equal(
            "depthwise: blocks of 18 do not divide its rows of 9 values; divisors near it are 3, 9",
            Blocks.Of(graph.Build(), new CompressionSpec { LargeSubvectors = true }).ErrorMessage()
        );
    }

    [Fact]
    public void Without_ignored_modules_the_first_convolution_alone_stays_dense() =>
        Assert.Equal(
            ["conv1"],
            ParameterSpecs
                .Of(ResNet50)
                .Where(spec => spec.Role == ParameterRole.Weight)
                .Select(spec => spec.Layer)
                .Except(Blocks.Of(ResNet50, new CompressionSpec()).Value().Select(blocks => blocks.Layer))
        );

    [Fact]
    public void Codebook_of_a_small_layer_is_capped_at_a_quarter_of_its_blocks()
    {
        var blocks = Blocks
            .Of(ResNet50, new CompressionSpec { PwSubvectorSize = 8 })
            .Value()
            .Single(blocks => blocks.Layer == "layer1.0.conv1");
        Assert.Equal(128, blocks.K); // 64 rows of 8 blocks; the published file holds a codebook of 128
    }

    [Fact]
    public void First_convolution_and_ignored_modules_stay_dense()
    {
        var spec = new CompressionSpec { IgnoredModules = ["fc", "layer4.1"] };
        var layers = Blocks.Of(ResNet18, spec).Value().Select(blocks => blocks.Layer).ToArray();
        Assert.DoesNotContain("conv1", layers);
        Assert.DoesNotContain("fc", layers);
        Assert.DoesNotContain("layer4.1.conv2", layers);
        Assert.Equal(17, layers.Length);
    }

    [Fact]
    public void A_row_that_d_does_not_divide_is_an_error_with_the_divisors_near_d()
    {
        string error = Blocks.Of(ResNet18, new CompressionSpec { FcSubvectorSize = 5 }).ErrorMessage();
        Assert.Equal("fc: blocks of 5 do not divide its rows of 512 values; divisors near it are 2, 4, 8, 16", error);
    }

    [Fact]
    public void Names_that_do_not_exist_are_all_reported_with_the_nearest()
    {
        var spec = new CompressionSpec { IgnoredModules = ["conv1", "layer1.0.convl"], LayerSpecs = Only("fx", new LayerSpec { K = 16 }) };
        string[] lines = Blocks.Of(ResNet18, spec).ErrorMessage().Split(Environment.NewLine);
        Assert.Equal(
            [
                "fx: no such layer in the network; the nearest name is fc",
                "layer1.0.convl: no such layer in the network; the nearest name is layer1.0.conv1",
            ],
            lines
        );
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65537)]
    public void A_codebook_size_that_codes_cannot_hold_is_an_error(int k) =>
        Assert.Contains(
            $"expected k from 1 to 65536, got {k}",
            Blocks.Of(ResNet18, new CompressionSpec { LayerSpecs = Only("fc", new LayerSpec { K = k }) }).ErrorMessage(),
            StringComparison.Ordinal
        );
}
