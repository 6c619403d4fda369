using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Nets;

/// <summary>Residual networks (He et al. 2016, arXiv 1512.03385), with torchvision's layer names and its form of the bottleneck: the stride is in <c>conv2</c>.</summary>
public static class ResNet
{
    // So that every weight's count fits 31 bits; ImageNet's largest set has 21,841 classes.
    const int MaxClassCount = 1_000_000, MaxInChannels = 4096;

    // He et al. 2016, table 1: blocks of each stage. "resnet50ssl" is ResNet-50 trained on more data; the graph is the same.
    static ImmutableArray<(string Name, Block Block, ImmutableArray<int> Counts)> Known { get; } =
    [
        ("resnet18", Block.Basic, [2, 2, 2, 2]),
        ("resnet34", Block.Basic, [3, 4, 6, 3]),
        ("resnet50", Block.Bottleneck, [3, 4, 6, 3]),
        ("resnet50ssl", Block.Bottleneck, [3, 4, 6, 3]),
        ("resnet101", Block.Bottleneck, [3, 4, 23, 3]),
        ("resnet152", Block.Bottleneck, [3, 8, 36, 3]),
    ];

    /// <summary>Names that <see cref="Build"/> knows.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Known.Select(known => known.Name)];

    /// <summary>The graph of a residual network: images [N, H, W, channels] to logits [N, classes].</summary>
    /// <returns>The graph, or an error that lists the known names when this one is not among them, or when a count is below 1 or absurd.</returns>
    public static Result<Graph, PqfError> Build(Architecture architecture)
    {
        if (architecture.ClassCount is < 1 or > MaxClassCount || architecture.InChannels is < 1 or > MaxInChannels)
            return new PqfError.Config("model", "arch", $"expected 1 to {MaxClassCount} classes and 1 to {MaxInChannels} input channels, got {architecture.ClassCount} and {architecture.InChannels}");
        var found = Known.FirstOrDefault(known => known.Name == architecture.Name);
        return found.Name is null
            ? new PqfError.Config("model", "arch", $"expected one of {string.Join(", ", Names)}, got {architecture.Name} (nearest: {NearestName.Of(architecture.Name, Names)})")
            : Assemble(architecture, found.Block, found.Counts);
    }

    static Graph Assemble(Architecture architecture, Block block, ImmutableArray<int> counts)
    {
        var graph = new GraphBuilder();
        int x = graph.Input(architecture.InChannels);
        x = graph.Conv2d(x, "conv1", 64, 7, new Conv2dOptions { Stride = 2, Padding = 3 });
        x = graph.Relu(graph.BatchNorm(x, "bn1"));
        x = graph.MaxPool2d(x, 3, 2, 1);
        int inChannels = 64;
        for (int stage = 0; stage < counts.Length; stage++)
            for (int i = 0; i < counts[stage]; i++)
            {
                int width = 64 << stage, outChannels = block == Block.Bottleneck ? 4 * width : width;
                int stride = stage > 0 && i == 0 ? 2 : 1;
                string name = $"layer{stage + 1}.{i}";
                int main = block == Block.Bottleneck ? Bottleneck(graph, x, name, width, stride) : Basic(graph, x, name, width, stride);
                int shortcut = stride == 1 && inChannels == outChannels ? x : Projection(graph, x, name, outChannels, stride);
                x = graph.Relu(graph.Add(main, shortcut));
                inChannels = outChannels;
            }

        x = graph.Flatten(graph.GlobalAvgPool(x));
        graph.Linear(x, "fc", inChannels, architecture.ClassCount);
        return graph.Build();
    }

    static int Basic(GraphBuilder graph, int x, string name, int width, int stride)
    {
        x = graph.Conv2d(x, $"{name}.conv1", width, 3, new Conv2dOptions { Stride = stride, Padding = 1 });
        x = graph.Relu(graph.BatchNorm(x, $"{name}.bn1"));
        x = graph.Conv2d(x, $"{name}.conv2", width, 3, new Conv2dOptions { Padding = 1 });
        return graph.BatchNorm(x, $"{name}.bn2");
    }

    static int Bottleneck(GraphBuilder graph, int x, string name, int width, int stride)
    {
        x = graph.Conv2d(x, $"{name}.conv1", width, 1);
        x = graph.Relu(graph.BatchNorm(x, $"{name}.bn1"));
        x = graph.Conv2d(x, $"{name}.conv2", width, 3, new Conv2dOptions { Stride = stride, Padding = 1 });
        x = graph.Relu(graph.BatchNorm(x, $"{name}.bn2"));
        x = graph.Conv2d(x, $"{name}.conv3", 4 * width, 1);
        return graph.BatchNorm(x, $"{name}.bn3");
    }

    static int Projection(GraphBuilder graph, int x, string name, int outChannels, int stride) => graph.BatchNorm(
        graph.Conv2d(x, $"{name}.downsample.0", outChannels, 1, new Conv2dOptions { Stride = stride }), $"{name}.downsample.1");

    /// <summary>Two 3×3 convolutions, or 1×1, 3×3 and 1×1 (He et al. 2016, figure 5).</summary>
    enum Block
    {
        Basic,
        Bottleneck,
    }
}
