using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Nets.Architectures;

/// <summary>Residual networks (He et al. 2016, arXiv 1512.03385), with torchvision's layer names and its form of the bottleneck: the stride
/// is in <c>conv2</c>.</summary>
public static class ResNet
{
    // So that every weight's count fits 31 bits: the head reads up to 32 times the width. ImageNet's largest set has 21,841 classes.
    const int MaxClassCount = 250_000,
        MaxInChannels = 4096,
        MaxWidth = 256;

    const string StemName = "conv1",
        HeadName = "fc";

    // He et al. 2016: blocks of each stage, of the networks for ImageNet in table 1, of the small ones in section 4.2. "resnet50ssl" is
    // ResNet-50 trained on more data; the graph is the same. ResNeXt: Xie et al. 2017, arXiv 1611.05431, tables 1 and 3. Wide ResNet-50 and
    // -101: Zagoruyko and Komodakis 2016, arXiv 1605.07146, table 8.
    static ImmutableArray<Variant> Known { get; } =
    [
        new("resnet18", Stem.Pooled, Block.Basic, 64, [2, 2, 2, 2]),
        new("resnet34", Stem.Pooled, Block.Basic, 64, [3, 4, 6, 3]),
        new("resnet50", Stem.Pooled, Block.Bottleneck, 64, [3, 4, 6, 3]),
        new("resnet50ssl", Stem.Pooled, Block.Bottleneck, 64, [3, 4, 6, 3]),
        new("resnet101", Stem.Pooled, Block.Bottleneck, 64, [3, 4, 23, 3]),
        new("resnet152", Stem.Pooled, Block.Bottleneck, 64, [3, 8, 36, 3]),
        new("resnext50_32x4d", Stem.Pooled, Block.Bottleneck, 64, [3, 4, 6, 3], Groups: 32, GroupWidth: 4),
        new("resnext101_32x8d", Stem.Pooled, Block.Bottleneck, 64, [3, 4, 23, 3], Groups: 32, GroupWidth: 8),
        new("wide_resnet50_2", Stem.Pooled, Block.Bottleneck, 64, [3, 4, 6, 3], GroupWidth: 128),
        new("wide_resnet101_2", Stem.Pooled, Block.Bottleneck, 64, [3, 4, 23, 3], GroupWidth: 128),
        new("resnet20", Stem.Plain, Block.Basic, 16, [3, 3, 3]),
    ];

    /// <summary>The residual networks.</summary>
    public static NetworkFamily Family { get; } =
        new()
        {
            Names = [.. Known.Select(known => known.Name)],
            Task = NetworkTask.Classification,
            Build = Build,
            Stem = StemName,
            Head = HeadName,
            DefaultWidth = name => Find(name).Width,
            CanonicalName = HuggingFaceNames.Canonical,
        };

    /// <summary>The graph of a residual network: images [N, H, W, channels] to logits [N, classes].</summary>
    /// <returns>The graph, or an error when a count or the width is below 1 or absurd.</returns>
    static Result<Graph, PqfError> Build(Architecture architecture)
    {
        var variant = Find(architecture.Name);
        if (architecture.ClassCount is < 1 or > MaxClassCount || architecture.InChannels is < 1 or > MaxInChannels)
            return new PqfError.Config(
                "model",
                "arch",
                $"expected 1 to {MaxClassCount} classes and 1 to {MaxInChannels} input channels, got {architecture.ClassCount} and "
                    + $"{architecture.InChannels}"
            );
        if (architecture.Width is < 1 or > MaxWidth)
            return new PqfError.Config("model", "width", $"expected 1 to {MaxWidth} channels in the first stage, got {architecture.Width}");
        return variant.InnerWidth(architecture.Width ?? variant.Width) > 0
            ? Assemble(architecture, variant)
            : new PqfError.Config(
                "model",
                "width",
                $"expected at least {Variant.GroupWidthUnit / variant.GroupWidth} channels in the first stage of {variant.Name}, "
                    + $"got {architecture.Width}"
            );
    }

    static Variant Find(string name) => Known.First(known => known.Name == name);

    static Graph Assemble(Architecture architecture, Variant variant)
    {
        var graph = new GraphBuilder();
        int x = new Layers(graph, variant, "", null).Append(graph.Input(architecture.InChannels), architecture.Width ?? variant.Width)[^1];
        int features = graph.Channels(x);
        graph.Linear(graph.Flatten(graph.GlobalAvgPool(x)), HeadName, features, architecture.ClassCount);
        return graph.Build();
    }

    /// <summary>The stages of ResNet-50, norms frozen: the body of a larger network.</summary>
    /// <param name="graph">What they are appended to.</param>
    /// <param name="x">Images.</param>
    /// <param name="prefix">Comes before every layer's name: <c>backbone.body.</c></param>
    /// <param name="width">Channels of the first stage's 3×3 convolutions.</param>
    /// <param name="eps">Of the norms.</param>
    /// <returns>Numbers of the four stages' values.</returns>
    internal static ImmutableArray<int> FrozenBody(GraphBuilder graph, int x, string prefix, int width, float eps) =>
        new Layers(graph, Find("resnet50"), prefix, eps).Append(x, width);

    /// <summary>Appends layers to a graph.</summary>
    /// <param name="Graph">The graph.</param>
    /// <param name="Variant">What its stages consist of.</param>
    /// <param name="Prefix">Comes before every layer's name.</param>
    /// <param name="FrozenEps">ε of norms that are frozen; null for norms that are trained.</param>
    sealed record Layers(GraphBuilder Graph, Variant Variant, string Prefix, float? FrozenEps)
    {
        /// <summary>The stem and all stages, whose values' numbers it returns.</summary>
        public ImmutableArray<int> Append(int x, int firstWidth)
        {
            var stages = ImmutableArray.CreateBuilder<int>();
            x = MakeStem(x, firstWidth);
            for (int stage = 0; stage < Variant.Counts.Length; stage++)
            {
                for (int i = 0; i < Variant.Counts[stage]; i++)
                {
                    int width = firstWidth << stage,
                        stride = stage > 0 && i == 0 ? 2 : 1;
                    string name = $"layer{stage + 1}.{i}";
                    int main = Variant.Block == Block.Bottleneck ? Bottleneck(x, name, width, stride) : Basic(x, name, width, stride);
                    int shortcut =
                        stride == 1 && Graph.Channels(x) == Graph.Channels(main) ? x : Projection(x, name, Graph.Channels(main), stride);
                    x = Graph.Relu(Graph.Add(main, shortcut));
                }

                stages.Add(x);
            }

            return stages.ToImmutable();
        }

        int MakeStem(int x, int width)
        {
            if (Variant.Stem == Stem.Plain)
                return Graph.Relu(Norm(Conv(x, StemName, width, 3, new Conv2dOptions { Padding = 1 }), "bn1"));
            x = Conv(x, StemName, width, 7, new Conv2dOptions { Stride = 2, Padding = 3 });
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
            int inner = Variant.InnerWidth(width);
            var grouped = new Conv2dOptions
            {
                Stride = stride,
                Padding = 1,
                Groups = Variant.Groups,
            };
            x = Conv(x, $"{name}.conv1", inner, 1);
            x = Graph.Relu(Norm(x, $"{name}.bn1"));
            x = Conv(x, $"{name}.conv2", inner, 3, grouped);
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
    /// <param name="Width">Channels of the first stage; each next stage has twice as many, and half the pixels a side.</param>
    /// <param name="Counts">Blocks of each stage.</param>
    /// <param name="Groups">Groups of a bottleneck's 3×3 convolution.</param>
    /// <param name="GroupWidth">Channels of each group, in a stage of <see cref="GroupWidthUnit"/> channels: torchvision's
    /// <c>width_per_group</c>.</param>
    sealed record Variant(
        string Name,
        Stem Stem,
        Block Block,
        int Width,
        ImmutableArray<int> Counts,
        int Groups = 1,
        int GroupWidth = Variant.GroupWidthUnit
    )
    {
        /// <summary>Channels of the stage for which <see cref="GroupWidth"/> counts.</summary>
        public const int GroupWidthUnit = 64;

        /// <summary>Channels of a bottleneck's 3×3 convolution in a stage of a width.</summary>
        public int InnerWidth(int width) => width * GroupWidth / GroupWidthUnit * Groups;
    }
}
