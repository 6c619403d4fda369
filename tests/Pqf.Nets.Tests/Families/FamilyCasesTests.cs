using Pqf.Nets.Execution;
using Pqf.Nets.Families;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Families;

/// <summary>Networks of state dicts against PyTorch: the cases are those of family_cases.py.</summary>
public class FamilyCasesTests(DeviceSet devices) : DeviceTest(devices)
{
    [Theory]
    [InlineData("vgg")]
    [InlineData("vgg_pooled")]
    [InlineData("vgg_bn")]
    [InlineData("alexnet")]
    [InlineData("mobilenet_v2")]
    [InlineData("mobilenet_v3_large")]
    [InlineData("mobilenet_v3_small")]
    [InlineData("efficientnet")]
    [InlineData("efficientnet_deep")]
    [InlineData("efficientnet_v2")]
    [InlineData("densenet")]
    [InlineData("regnet_x")]
    [InlineData("regnet_y")]
    [InlineData("squeezenet1_0")]
    [InlineData("squeezenet1_1")]
    [InlineData("googlenet")]
    [InlineData("shufflenet_v2")]
    [InlineData("mnasnet")]
    public void Logits_of_a_state_dict_are_PyTorchs(string name)
    {
        var device = Use(DeviceKind.Host);
        var known = FamilyCase.Read(name);
        var graph = FamilyNetwork.Find(known.File()).ValueOrThrow()!.Read(known.Side).ValueOrThrow();
        var parameters = GeneratedWeights.Parameters(graph, device, name);
        var images = GeneratedWeights.Images(device, $"{name}:images", [1, 3, known.Side, known.Side]);
        Close.Check(known.Logits, Forward.Run(graph, parameters, images).ToArray(), 1e-5);
        Close.Check(known.Logits, InferencePlan.Compile(graph, parameters, device, images.Shape).Run(images).ToArray(), 1e-5);
    }

    [Theory]
    [InlineData("vgg")]
    [InlineData("regnet_y")]
    [InlineData("mobilenet_v2")]
    [InlineData("mobilenet_v3_large_timm")]
    [InlineData("mobilenet_v3_small_timm")]
    [InlineData("efficientnet")]
    public void A_state_dict_with_timms_names_gives_the_same_logits(string name)
    {
        var device = Use(DeviceKind.Host);
        var known = FamilyCase.Read(name);
        var names = known.Tensors.ToDictionary(pair => TimmNames.Of(name, pair.Key), pair => pair.Key);
        using var file = known.File(all =>
            all.Select(pair => KeyValuePair.Create(TimmNames.Of(name, pair.Key), TimmNames.Shape(name, pair)))
        );
        // A VGG's linear layers are convolutions of all cells there: the network needs as many.
        int side = name == "vgg" ? 224 : known.Side;
        var graph = FamilyNetwork.Find(file).ValueOrThrow()!.Read(side).ValueOrThrow();
        var parameters = GeneratedWeights.Parameters(graph, device, name, names);
        var images = GeneratedWeights.Images(device, $"{name}:images", [1, 3, side, side]);
        float[] expected = known.Logits;
        if (name == "vgg")
        {
            var own = FamilyNetwork.Find(known.File()).ValueOrThrow()!.Read(side).ValueOrThrow();
            expected = Forward.Run(own, GeneratedWeights.Parameters(own, device, name), images).ToArray();
        }

        Close.Check(expected, Forward.Run(graph, parameters, images).ToArray(), 1e-5);
    }

    [Theory]
    [InlineData("mobilenet_v3_small_tf")]
    [InlineData("efficientnet_tf")]
    public void Weights_from_TensorFlow_have_its_padding_and_eps(string name)
    {
        var device = Use(DeviceKind.Host);
        var known = FamilyCase.Read(name);
        var names = known.Tensors.ToDictionary(pair => TimmNames.Of(name, pair.Key), pair => pair.Key);
        using var file = known.File(all =>
            all.Select(pair => KeyValuePair.Create(TimmNames.Of(name, pair.Key), TimmNames.Shape(name, pair)))
        );
        var found = FamilyNetwork.Find(file).ValueOrThrow()!;
        var graph = (found with { Family = found.Family.OfTensorFlow! }).Read(known.Side).ValueOrThrow();
        var parameters = GeneratedWeights.Parameters(graph, device, name, names);
        var images = GeneratedWeights.Images(device, $"{name}:images", [1, 3, known.Side, known.Side]);
        Close.Check(known.Logits, Forward.Run(graph, parameters, images).ToArray(), 1e-5);
        Close.Check(known.Logits, InferencePlan.Compile(graph, parameters, device, images.Shape).Run(images).ToArray(), 1e-5);
    }
}
