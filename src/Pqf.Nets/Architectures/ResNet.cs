using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Nets.Architectures;

/// <summary>Residual networks (He et al. 2016, arXiv 1512.03385), with torchvision's layer names and its form of the bottleneck: the stride
/// is in <c>conv2</c>.</summary>
public static class ResNet
{
    // So that every weight's count fits 31 bits: fc reads up to 32 times the width. ImageNet's largest set has 21,841 classes.
    const int MaxClassCount = 250_000,
        MaxInChannels = 4096,
        MaxWidth = 256;

    // He et al. 2016: blocks of each stage, of the networks for ImageNet in table 1, of the small ones in section 4.2. "resnet50ssl" is
    // ResNet-50 trained on more data; the graph is the same.
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
    /// <returns>The graph, or an error that lists the known names when this one is not among them, or when a count or the width is below 1
    /// or absurd.</returns>
    public static Result<Graph, PqfError> Build(Architecture architecture)
    {
        if (architecture.ClassCount is < 1 or > MaxClassCount || architecture.InChannels is < 1 or > MaxInChannels)
            return new PqfError.Config(
                "model",
                "arch",
                $"expected 1 to {MaxClassCount} classes and 1 to {MaxInChannels} input channels, got {architecture.ClassCount} and {architecture.InChannels}"
            );
        if (architecture.Width is < 1 or > MaxWidth)
            return new PqfError.Config("model", "width", $"expected 1 to {MaxWidth} channels in the first stage, got {architecture.Width}");
        return Find(architecture.Name) is { } family
            ? Assemble(architecture, family)
            : new PqfError.Config(
                "model",
                "arch",
                $"expected one of {string.Join(", ", Names)}, got {architecture.Name} (nearest: {NearestName.Of(architecture.Name, Names)})"
            );
    }

    /// <summary>Channels of the first stage where an architecture does not say; null if the name is unknown.</summary>
    public static int? DefaultWidth(string name) => Find(name)?.Width;

    static Family? Find(string name) => Known.FirstOrDefault(known => known.Name == name);

    static Graph Assemble(Architecture architecture, Family family)
    {
        var graph = new GraphBuilder();
        int x = new Layers(graph, "", null).Append(graph.Input(architecture.InChannels), family, architecture.Width ?? family.Width)[^1];
        int features = graph.Channels(x);
        graph.Linear(graph.Flatten(graph.GlobalAvgPool(x)), "fc", features, architecture.ClassCount);
        return graph.Build();
    }

    /// <summary>The stages of ResNet-50, norms frozen: a detector's body.</summary>
    /// <param name="graph">What they are appended to.</param>
    /// <param name="x">Images.</param>
    /// <param name="prefix">Comes before every layer's name: <c>backbone.body.</c></param>
    /// <param name="width">Channels of the first stage's 3×3 convolutions.</param>
    /// <param name="eps">Of the norms.</param>
    /// <returns>Numbers of the four stages' values.</returns>
    internal static ImmutableArray<int> FrozenBody(GraphBuilder graph, int x, string prefix, int width, float eps) =>
        new Layers(graph, prefix, eps).Append(x, Find("resnet50")!, width);

    /// <summary>Appends layers to a graph.</summary>
    /// <param name="Graph">The graph.</param>
    /// <param name="Prefix">Comes before every layer's name.</param>
    /// <param name="FrozenEps">ε of norms that are frozen; null for norms that are trained.</param>
    sealed record Layers(GraphBuilder Graph, string Prefix, float? FrozenEps)
    {
        /// <summary>The stem and all stages, whose values' numbers it returns.</summary>
        public ImmutableArray<int> Append(int x, Family family, int firstWidth)
        {
            var stages = ImmutableArray.CreateBuilder<int>();
            x = MakeStem(x, family.Stem, firstWidth);
            for (int stage = 0; stage < family.Counts.Length; stage++)
            {
                for (int i = 0; i < family.Counts[stage]; i++)
                {
                    int width = firstWidth << stage,
                        stride = stage > 0 && i == 0 ? 2 : 1;
                    string name = $"layer{stage + 1}.{i}";
                    int main = family.Block == Block.Bottleneck ? Bottleneck(x, name, width, stride) : Basic(x, name, width, stride);
                    int shortcut =
                        stride == 1 && Graph.Channels(x) == Graph.Channels(main) ? x : Projection(x, name, Graph.Channels(main), stride);
                    x = Graph.Relu(Graph.Add(main, shortcut));
                }

                stages.Add(x);
            }

            return stages.ToImmutable();
        }

        int MakeStem(int x, Stem stem, int width)
        {
            if (stem == Stem.Plain)
                return Graph.Relu(Norm(Conv(x, "conv1", width, 3, new Conv2dOptions { Padding = 1 }), "bn1"));
            x = Conv(x, "conv1", width, 7, new Conv2dOptions { Stride = 2, Padding = 3 });
            return Graph.MaxPool2d(Graph.Relu(Norm(x, "bn1")), 3, 2, 1);
        }

        int Basic(int x, string name, int width, int stride)
        {
            x = Conv(x, $"{name}.conv1", width, 3, new Conv2dOptions { Stride = stride, Padding = 1 });
            x = Graph.Relu(Norm(x, $"{name}.bn1"));
            x = Conv(x, $"{name}.conv2", width, 3, new Conv2dOptions { Padding = 1 });
            return Norm(x, $"{name}.bn2");
        }

        int Bottleneck(int x, string name, int width, int stride)
        {
            x = Conv(x, $"{name}.conv1", width, 1);
            x = Graph.Relu(Norm(x, $"{name}.bn1"));
            x = Conv(x, $"{name}.conv2", width, 3, new Conv2dOptions { Stride = stride, Padding = 1 });
            x = Graph.Relu(Norm(x, $"{name}.bn2"));
            x = Conv(x, $"{name}.conv3", 4 * width, 1);
            return Norm(x, $"{name}.bn3");
        }

        int Projection(int x, string name, int outChannels, int stride) =>
            Norm(Conv(x, $"{name}.downsample.0", outChannels, 1, new Conv2dOptions { Stride = stride }), $"{name}.downsample.1");

        int Conv(int x, string name, int outChannels, Pair kernelSize, Conv2dOptions? options = null) =>
            Graph.Conv2d(x, Prefix + name, outChannels, kernelSize, options);

        int Norm(int x, string name) =>
            FrozenEps is { } eps ? Graph.FrozenBatchNorm(x, Prefix + name, eps) : Graph.BatchNorm(x, Prefix + name);
    }

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
    /// <param name="Width">Channels of the first stage's 3×3 convolutions; each next stage has twice as many, and half the pixels a
    /// side.</param>
    /// <param name="Counts">Blocks of each stage.</param>
    sealed record Family(string Name, Stem Stem, Block Block, int Width, ImmutableArray<int> Counts);
}
