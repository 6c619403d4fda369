using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests;

/// <summary>Tensors that are left over beside a known network.</summary>
public sealed partial class NamedTensorsTests
{
    // What a file holds beside resnet18's tensors, and whether the network computes the same without it.
    [Theory]
    [InlineData("layer1.0.prelu.weight", 1, false)]
    [InlineData("layer1.0.scale", 8, false)]
    [InlineData("layer2.1.bn3.running_mean", 16, false)]
    [InlineData("layer1.0.bn1.bias_mask", 8, false)]
    [InlineData("conv1.weight_mask", 8, false)]
    [InlineData("conv1.mask", 8, false)]
    [InlineData("fc.scale", 1, false)]
    [InlineData("fc.0.running_mean", 64, false)]
    [InlineData("bottleneck.running_mean", 64, false)] // a norm of the head's inputs
    [InlineData("bottleneck.running_mean", 63, true)]
    [InlineData("aux_fc.bias", 7, true)]
    [InlineData("criterion.center", 64, true)]
    [InlineData("metric", 1, true)]
    [InlineData("layer1.0.conv1.total_ops", 1, true)] // thop
    [InlineData("total_params", 1, true)]
    [InlineData("layer1.0.extra.num_batches_tracked", 1, true)]
    public void What_is_left_over_within_the_network_is_an_error(string name, int count, bool isHarmless)
    {
        foreach (string prefix in new[] { "", "model." })
        {
            var tensors = Dense(Narrow).Append(Tensor(name, [count])).Select(tensor => tensor.Rename(prefix + tensor.Name));
            if (isHarmless)
                Assert.Empty(Read(tensors).Report.Extra);
            else
                Assert.Equal(
                    $"""
                    f.pth: the tensors do not fit the network:
                    extra: {prefix}{name}: the known network has no such parameter, and computes something else without it
                    """,
                    RefusedLoad(tensors)
                );
        }
    }

    [Theory]
    [InlineData("fc.1", "fc.0", false)]
    [InlineData("classifier.1", "classifier.0", false)]
    [InlineData("head.fc", "head.norm", false)]
    [InlineData("head", "loss", true)]
    [InlineData("my_own_name", "loss", true)]
    public void A_norm_beside_the_head_is_an_error(string head, string norm, bool isHarmless)
    {
        foreach (string body in new[] { "", "backbone." })
        {
            if (body.Length > 0 && head == "my_own_name")
                continue; // a head outside of the body has a known name
            var tensors = Dense(Narrow)
                .Select(tensor =>
                    tensor.Rename(
                        tensor.Name.StartsWith("fc.", StringComparison.Ordinal)
                            ? tensor.Name.Replace("fc.", head + ".", StringComparison.Ordinal)
                            : body + tensor.Name
                    )
                )
                .Concat([Tensor(norm + ".weight", [64]), Tensor(norm + ".bias", [64]), Tensor(norm + ".num_batches_tracked", [])]);
            if (isHarmless)
                Assert.Empty(Read(tensors).Report.Extra);
            else
                Assert.Equal(
                    $"""
                    f.pth: the tensors do not fit the network:
                    extra: {norm}.weight: the known network has no such parameter, and computes something else without it
                    extra: {norm}.bias: the known network has no such parameter, and computes something else without it
                    """,
                    RefusedLoad(tensors)
                );
        }
    }

    [Fact]
    public void A_bias_before_a_norm_is_taken_from_the_norms_mean()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var graph = TestGraphs.Build(Narrow);
        float[] bias = [.. Enumerable.Range(0, 16).Select(c => (c - 7) / 4f)];
        var tensors = Values(device).Append(StoredTensor.FromSingles("layer2.0.conv1.bias", [16], bias));
        var (parameters, report) = StateDict.Load(graph, File(tensors), device).Value();
        var plain = StateDict.Load(graph, File(Values(device)), device).Value().Parameters;
        Assert.Equal("", report.ToString());
        foreach (var spec in ParameterSpecs.Of(graph))
        {
            float[] expected = plain[spec.Name].Decode().ToArray();
            if (spec.Name == "layer2.0.bn1.running_mean")
                expected = [.. expected.Select((mean, c) => mean - bias[c])];
            Assert.Equal(expected, parameters[spec.Name].Decode().ToArray());
        }
    }

    static string RefusedLoad(IEnumerable<StoredTensor> tensors)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        using var file = File(tensors);
        return StateDict.Load(TestGraphs.Build(Narrow), file, device).ErrorMessage().ReplaceLineEndings("\n");
    }
}
