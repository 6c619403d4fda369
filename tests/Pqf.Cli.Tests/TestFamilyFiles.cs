using Pqf.Nets.Families;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;
using Pqf.Testing;

namespace Pqf.Cli.Tests;

/// <summary>State dicts of a small network of a family: a RegNet of two blocks.</summary>
static class TestFamilyFiles
{
    public const int ClassCount = 5;

    /// <summary>Names and shapes, as torchvision has them.</summary>
    public static IEnumerable<KeyValuePair<string, Shape>> Shapes()
    {
        List<KeyValuePair<string, Shape>> all = [];
        ConvNorm("stem", 8, 3, 3);
        ConvNorm("trunk_output.block1.block1-0.proj", 16, 8, 1);
        ConvNorm("trunk_output.block1.block1-0.f.a", 16, 8, 1);
        ConvNorm("trunk_output.block1.block1-0.f.b", 16, 8, 3);
        ConvNorm("trunk_output.block1.block1-0.f.c", 16, 16, 1);
        ConvNorm("trunk_output.block1.block1-1.f.a", 16, 16, 1);
        ConvNorm("trunk_output.block1.block1-1.f.b", 16, 8, 3);
        ConvNorm("trunk_output.block1.block1-1.f.c", 16, 16, 1);
        all.Add(new("fc.weight", [ClassCount, 16]));
        all.Add(new("fc.bias", [ClassCount]));
        return all;

        void ConvNorm(string layer, int outChannels, int inChannels, int kernel)
        {
            all.Add(new($"{layer}.0.weight", [outChannels, inChannels, kernel, kernel]));
            foreach (string part in (string[])["weight", "bias", "running_mean", "running_var"])
                all.Add(new($"{layer}.1.{part}", [outChannels]));
        }
    }

    /// <summary>Writes the state dict, with other names or without some tensors.</summary>
    public static string Write(string path, Func<string, string?>? rename = null)
    {
        using var host = new HostDevice();
        using var scope = host.BeginScope();
        var shapes = new LayerShapes(Shapes());
        var graph = FamilyNetwork.Families.First(family => family.IsIn(shapes)).Read(shapes, 32);
        var parameters = GeneratedWeights.Parameters(graph, host, "regnet");
        PyTorchFile
            .Write(
                path,
                StateDict
                    .Dense(graph, parameters)
                    .Select(tensor => (tensor, Name: rename is null ? tensor.Name : rename(tensor.Name)))
                    .Where(pair => pair.Name is not null)
                    .Select(pair => pair.tensor.Rename(pair.Name!))
            )
            .Value();
        return path;
    }
}
