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
            all.AddRange(Norm($"{layer}.1", outChannels));
        }
    }

    static IEnumerable<KeyValuePair<string, Shape>> Norm(string layer, int channels)
    {
        Shape shape = [channels];
        return ((string[])["weight", "bias", "running_mean", "running_var"]).Select(part => KeyValuePair.Create($"{layer}.{part}", shape));
    }

    /// <summary>Writes an EfficientNet of one block with timm's names.</summary>
    public static string WriteTimm(string path)
    {
        List<KeyValuePair<string, Shape>> all =
        [
            new("conv_stem.weight", [8, 3, 3, 3]),
            .. Norm("bn1", 8),
            new("blocks.0.0.conv_dw.weight", [8, 1, 3, 3]),
            .. Norm("blocks.0.0.bn1", 8),
            new("blocks.0.0.se.conv_reduce.weight", [2, 8, 1, 1]),
            new("blocks.0.0.se.conv_reduce.bias", [2]),
            new("blocks.0.0.se.conv_expand.weight", [8, 2, 1, 1]),
            new("blocks.0.0.se.conv_expand.bias", [8]),
            new("blocks.0.0.conv_pw.weight", [16, 8, 1, 1]),
            .. Norm("blocks.0.0.bn2", 16),
            new("conv_head.weight", [24, 16, 1, 1]),
            .. Norm("bn2", 24),
            new("classifier.weight", [ClassCount, 24]),
            new("classifier.bias", [ClassCount]),
        ];
        Write(path, new LayerShapes(all), null);
        return path;
    }

    /// <summary>Writes the state dict, with other names or without some tensors.</summary>
    public static string Write(string path, Func<string, string?>? rename = null)
    {
        Write(path, new LayerShapes(Shapes()), rename);
        return path;
    }

    static void Write(string path, LayerShapes shapes, Func<string, string?>? rename)
    {
        using var host = new HostDevice();
        using var scope = host.BeginScope();
        var graph = FamilyNetwork.Families.First(family => family.IsIn(shapes)).Read(shapes, 32);
        var parameters = GeneratedWeights.Parameters(graph, host, "family");
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
    }
}
