using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests;

/// <summary>The checkpoints among the cases: one network, as different programs save it.</summary>
public sealed class CheckpointCasesTests : IDisposable
{
    readonly HostDevice host = new();
    readonly Scope scope;

    public CheckpointCasesTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        host.Dispose();
    }

    [Theory]
    [InlineData("compiled.pth")]
    [InlineData("lightning.ckpt")]
    [InlineData("fc_seq.pth", "takes fc.1 for the head, fc")]
    [InlineData("hf_resnet.safetensors")]
    [InlineData("args_ns.pth")]
    public void The_same_network_under_other_names(string name, params string[] notes)
    {
        var expected = Load("base.pth");
        var network = Load(name);
        Assert.Equal(expected.Architecture, network.Architecture);
        Assert.Empty(network.Unused);
        Assert.Equal(notes, network.Notes);
        foreach (var spec in ParameterSpecs.Of(network.Graph))
            Assert.Equal(expected.Parameters[spec.Name].Decode().ToArray(), network.Parameters[spec.Name].Decode().ToArray());
    }

    [Theory]
    [InlineData("lfs.pth", "is a Git LFS pointer, not the file itself (git lfs pull fetches it)")]
    [InlineData("html.pth", "is a web page or XML (a failed download?)")]
    public void Files_that_hold_no_network_are_named(string name, string problem)
    {
        string path = SharedData.Path($"cases/checkpoints/{name}");
        Assert.Equal(
            $"{path}: {problem}; expected a .pqf, safetensors, PyTorch zip, PyTorch legacy or ONNX file",
            Network.Load(path, host).ErrorMessage()
        );
    }

    [Fact]
    public void A_negative_running_variance_is_named_case_negvar()
    {
        string path = SharedData.Path("cases/checkpoints/negvar.pth");
        Assert.Equal(
            $"{path}: layer1.0.bn1.running_var: expected values of at least 0, got -0.5 at position 0",
            Network.Load(path, host).ErrorMessage()
        );
    }

    [Fact]
    public void A_detector_without_statistics_cannot_be_calibrated()
    {
        using var folder = new TemporaryFolder();
        var graph = TestGraphs.Build(TestGraphs.NarrowDetector);
        var tensors = StateDict
            .Dense(graph, GeneratedWeights.Parameters(graph, host, "detector"))
            .Where(tensor => !tensor.Name.Contains(".running_", StringComparison.Ordinal));
        Safetensors.Write(folder.File("d.safetensors"), [.. tensors], new Dictionary<string, string>()).Value();
        foreach (bool isAllowed in new[] { false, true })
            Assert.EndsWith(
                "the network is useless; save model.state_dict()",
                Network
                    .Load(folder.File("d.safetensors"), host, new NetworkOverrides { AllowsMissingStatistics = isAllowed })
                    .ErrorMessage(),
                StringComparison.Ordinal
            );
    }

    [Fact]
    public void A_compression_without_images_refuses_a_network_without_statistics()
    {
        string path = SharedData.Path("cases/checkpoints/bn_nostats.pth");
        var network = Network.Load(path, host, new NetworkOverrides { AllowsMissingStatistics = true }).Value();
        Assert.True(network.LacksStatistics);
        Assert.Contains(
            "pqf compress --calibrate DIR estimates them",
            CompressJob.Run(network, new CompressOptions(), null, TestContext.Current.CancellationToken).ErrorMessage(),
            StringComparison.Ordinal
        );
    }

    Network Load(string name) => Network.Load(SharedData.Path($"cases/checkpoints/{name}"), host).Value();
}
