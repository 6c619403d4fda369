using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

public class PublishedNetworkTests(DeviceSet devices) : DeviceTest(devices)
{
    [Theory]
    [InlineData("resnet18")]
    [InlineData("resnet18_large")]
    [InlineData("resnet50_large")]
    public void Logits_of_the_published_networks_are_those_of_the_authors_code(string name)
    {
        using var file = TensorFiles.Open(SharedData.Path($"published/{name}.pth")).Value();
        using var reference = ReferenceCase.Open($"published_{name}");
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(new Architecture(name.Split('_')[0]));
        var (parameters, report) = StateDict.Load(graph, file, device).Value();
        Assert.Equal("", report.ToString());
        var first = reference.Read("input_first");
        var input = new Numbers([1, .. first.Shape], first.Values).ToChannelsLast().On(device);
        var logits = InferencePlan.Compile(graph, parameters, device, input.Shape).Run(input);
        float[] expected = reference.Read("logits_first8").Values[..1000];
        Close.Check(expected, logits.ToArray(), 1e-3); // tolerance: the reference's README
    }
}
