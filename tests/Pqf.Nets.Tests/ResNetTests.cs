using System.Security.Cryptography;
using System.Text;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class ResNetTests
{
    // Produced by: hashlib.sha256("\n".join(f"{k} [{', '.join(map(str, v.shape))}]" for k, v in m.state_dict().items()
    //              if not k.endswith("tracked")).encode()).hexdigest() and sum(p.numel() for p in m.parameters()), torchvision 0.14.
    [Theory]
    [InlineData("resnet18", 11689512, "1d65cf9f331909f42b5e7e5de9f141c0f4ac49806f56f0e6368111d0bede2864")]
    [InlineData("resnet34", 21797672, "bb56633e30bfd9c716557546fced1bd74a00da6e07668349bb5d2c892806f8ea")]
    [InlineData("resnet50", 25557032, "6487a6e40bc7989fd428df875229dae6990a235e6c34110c3ef8ff274d7e1214")]
    [InlineData("resnet50ssl", 25557032, "6487a6e40bc7989fd428df875229dae6990a235e6c34110c3ef8ff274d7e1214")]
    [InlineData("resnet101", 44549160, "ee2915e4454c67723bc45e1e759f323354dff9fc0afeb11fa25d4fb4dead65e6")]
    [InlineData("resnet152", 60192808, "5d46027bfdfce40f9342ca1d9967e81d624548f2c82ca592fbf15c40446b87fe")]
    [InlineData("resnext50_32x4d", 25028904, "61915cc4aa296035ad6bbe8c6a7628d39b3446bb9e3998808d96600c5ca65629")]
    [InlineData("resnext101_32x8d", 88791336, "858dd8d2bf3defeeb7241b779ceca3dc9d50b80f9a10d871b8210e71dfc10fb9")]
    [InlineData("wide_resnet50_2", 68883240, "9ae6dd9d5165d09784dff24ad75ec5f3e4745895d2cbba54d9c739c2ed541038")]
    [InlineData("wide_resnet101_2", 126886696, "8502088d994fac550689afa3f3f4f5afe662301189bf5453bcbfad1b31e60aaa")]
    public void Parameters_are_torchvisions_in_names_shapes_and_order(string name, int trained, string hash)
    {
        var specs = ParameterSpecs.Of(TestGraphs.Build(new Architecture(name)));
        Assert.Equal(
            trained,
            specs.Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar)).Sum(spec => spec.Shape.Count)
        );
        byte[] text = Encoding.UTF8.GetBytes(string.Join("\n", specs.Select(spec => $"{spec.Name} {spec.Shape}")));
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(text)));
    }

    [Fact]
    public void Class_count_and_input_channels_come_from_the_architecture()
    {
        var specs = ParameterSpecs.Of(TestGraphs.Build(new Architecture("resnet18", classCount: 7, inChannels: 1)));
        Assert.Equal([64, 1, 7, 7], specs[0].Shape);
        Assert.Equal([7], specs[^1].Shape);
    }

    // Produced by: the same lines on a torchvision.models.resnet.ResNet whose conv1 is nn.Conv2d(1, 32, 3, 1, 1, bias=False), inplanes 32,
    // without maxpool and layer4,
    //              and whose layers are _make_layer(BasicBlock, 32, 3), (64, 3, stride=2), (128, 3, stride=2); fc nn.Linear(128, 10).
    [Fact]
    public void The_small_network_s_parameters_are_torchvision_s_in_names_shapes_and_order()
    {
        var specs = ParameterSpecs.Of(TestGraphs.Build(new Architecture("resnet20", classCount: 10, inChannels: 1, width: 32)));
        Assert.Equal(
            1_084_010,
            specs.Where(spec => spec.Role is not (ParameterRole.RunningMean or ParameterRole.RunningVar)).Sum(spec => spec.Shape.Count)
        );
        byte[] text = Encoding.UTF8.GetBytes(string.Join("\n", specs.Select(spec => $"{spec.Name} {spec.Shape}")));
        Assert.Equal("c89e472ba681506a6496d5a516a81ac8c7f239f68daa2146bde89a03f18e2372", Convert.ToHexStringLower(SHA256.HashData(text)));
    }

    [Theory]
    [InlineData("resnet20", null, 16)] // He et al. 2016, section 4.2
    [InlineData("resnet20", 8, 8)]
    [InlineData("resnet50", 16, 16)]
    public void The_width_is_the_first_stages_and_doubles(string name, int? width, int first)
    {
        var specs = ParameterSpecs
            .Of(TestGraphs.Build(new Architecture(name, width: width)))
            .ToDictionary(spec => spec.Name, spec => spec.Shape);
        Assert.Equal(first, specs["conv1.weight"][0]);
        Assert.Equal([4 * first, 4 * first, 3, 3], specs["layer3.1.conv2.weight"]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void A_width_out_of_range_is_an_error(int width)
    {
        var error = Assert.IsType<Result<Graph, PqfError>.Error>(Networks.Build(new Architecture("resnet20", width: width)));
        Assert.Equal($"model: width: expected 1 to 256 channels in the first stage, got {width}", error.Value.Message);
    }

    [Fact]
    public void An_unknown_name_is_an_error_that_lists_the_known_ones_and_the_nearest()
    {
        var error = Assert.IsType<Result<Graph, PqfError>.Error>(Networks.Build(new Architecture("resent50")));
        Assert.Equal(
            "model: arch: expected one of resnet18, resnet34, resnet50, resnet50ssl, resnet101, resnet152, resnext50_32x4d, "
                + "resnext101_32x8d, wide_resnet50_2, wide_resnet101_2, resnet20, maskrcnn, got resent50 (nearest: resnet50)",
            error.Value.Message
        );
    }

    [Fact]
    public void No_classes_is_an_error()
    {
        var error = Assert.IsType<Result<Graph, PqfError>.Error>(Networks.Build(new Architecture("resnet18", classCount: 0)));
        Assert.Equal("model: arch: expected 1 to 250000 classes and 1 to 4096 input channels, got 0 and 3", error.Value.Message);
    }
}
