using Pqf.Compression.Model;
using Pqf.Nets.Graphs;
using Pqf.Tensors.Devices;
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
            $"{path}: {problem}; expected a safetensors, PyTorch zip, PyTorch legacy or ONNX file",
            Network.Load(path, host).ErrorMessage()
        );
    }

    Network Load(string name) => Network.Load(SharedData.Path($"cases/checkpoints/{name}"), host).Value();
}
