using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Nets;

/// <summary>Residual networks (He et al. 2016, arXiv 1512.03385), with torchvision's layer names and its form of the bottleneck: the stride is in <c>conv2</c>.</summary>
public static class ResNet
{
    // So that every weight's count fits 31 bits: fc reads up to 32 times the width. ImageNet's largest set has 21,841 classes.
    const int MaxClassCount = 250_000, MaxInChannels = 4096, MaxWidth = 256;

    // He et al. 2016: blocks of each stage, of the networks for ImageNet in table 1, of the small ones in section 4.2. "resnet50ssl" is ResNet-50 trained on more data; the graph is the same.
    static ImmutableArray<Family> Known { get; } =
    [
        new("resnet18", Stem.Pooled, Block.Basic, 64, [2, 2, 2, 2]),
        new("resnet34", Stem.Pooled, Block.Basic, 64, [3, 4, 6, 3]),
        new("resnet50", Stem.Pooled, Block.Bottleneck, 64, [3, 4, 6, 3]),
        new("resnet50ssl", Stem.Pooled, Block.Bottleneck, 64, [3, 4, 6, 3]),
        new("resnet101", Stem.Pooled, Block.Bottleneck, 64, [3, 4, 23, 3]),
        new("resnet152", Stem.Pooled, Block.Bottleneck, 64, [3, 8, 36, 3]),
        new("resnet20", Stem.Plain, Block.Basic, 16, [3, 3, 3]),
    ];

    /// <summary>Names that <see cref="Build"/> knows.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Known.Select(known => known.Name)];

    /// <summary>The graph of a residual network: images [N, H, W, channels] to logits [N, classes].</summary>
    /// <returns>The graph, or an error that lists the known names when this one is not among them, or when a count or the width is below 1 or absurd.</returns>
    public static Result<Graph, PqfError> Build(Architecture architecture)
    {
        if (architecture.ClassCount is < 1 or > MaxClassCount || architecture.InChannels is < 1 or > MaxInChannels)
            return new PqfError.Config("model", "arch", $"expected 1 to {MaxClassCount} classes and 1 to {MaxInChannels} input channels, got {architecture.ClassCount} and {architecture.InChannels}");
        if (architecture.Width is < 1 or > MaxWidth)
            return new PqfError.Config("model", "width", $"expected 1 to {MaxWidth} channels in the first stage, got {architecture.Width}");
        return Find(architecture.Name) is { } family
            ? Assemble(architecture, family)
            : new PqfError.Config("model", "arch", $"expected one of {string.Join(", ", Names)}, got {architecture.Name} (nearest: {NearestName.Of(architecture.Name, Names)})");
    }

    /// <summary>Channels of the first stage where an architecture does not say; null if the name is unknown.</summary>
    public static int? DefaultWidth(string name) => Find(name)?.Width;

    static Family? Find(string name) => Known.FirstOrDefault(known => known.Name == name);

    static Graph Assemble(Architecture architecture, Family family)
    {
        var graph = new GraphBuilder();
        int firstWidth = architecture.Width ?? family.Width, inChannels = firstWidth;
        int x = MakeStem(graph, graph.Input(architecture.InChannels), family.Stem, firstWidth);
        for (int stage = 0; stage < family.Counts.Length; stage++)
            for (int i = 0; i < family.Counts[stage]; i++)
            {
                int width = firstWidth << stage, outChannels = family.Block == Block.Bottleneck ? 4 * width : width;
                int stride = stage > 0 && i == 0 ? 2 : 1;
                string name = $"layer{stage + 1}.{i}";
                int main = family.Block == Block.Bottleneck ? Bottleneck(graph, x, name, width, stride) : Basic(graph, x, name, width, stride);
                int shortcut = stride == 1 && inChannels == outChannels ? x : Projection(graph, x, name, outChannels, stride);
                x = graph.Relu(graph.Add(main, shortcut));
                inChannels = outChannels;
            }

        x = graph.Flatten(graph.GlobalAvgPool(x));
        graph.Linear(x, "fc", inChannels, architecture.ClassCount);
        return graph.Build();
    }

    static int MakeStem(GraphBuilder graph, int x, Stem stem, int width)
    {
        if (stem == Stem.Plain)
            return graph.Relu(graph.BatchNorm(graph.Conv2d(x, "conv1", width, 3, new Conv2dOptions { Padding = 1 }), "bn1"));
        x = graph.Conv2d(x, "conv1", width, 7, new Conv2dOptions { Stride = 2, Padding = 3 });
        return graph.MaxPool2d(graph.Relu(graph.BatchNorm(x, "bn1")), 3, 2, 1);
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

    /// <summary>7×7 of stride 2 and a pool of stride 2, for photographs; or 3×3 of stride 1, for images of some 30 pixels.</summary>
    enum Stem
    {
        Pooled,
        Plain,
    }

    /// <summary>Two 3×3 convolutions, or 1×1, 3×3 and 1×1 (He et al. 2016, figure 5).</summary>
    enum Block
    {
        Basic,
        Bottleneck,
    }

    /// <summary>What a name stands for.</summary>
    /// <param name="Name">As in configurations.</param>
    /// <param name="Stem">What comes before the first stage.</param>
    /// <param name="Block">What stages consist of.</param>
    /// <param name="Width">Channels of the first stage's 3×3 convolutions; each next stage has twice as many, and half the pixels a side.</param>
    /// <param name="Counts">Blocks of each stage.</param>
    sealed record Family(string Name, Stem Stem, Block Block, int Width, ImmutableArray<int> Counts);
}
