using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>RegNetX and RegNetY (Radosavovic et al. 2020, arXiv 2003.13678, section 4 and tables 5 to 8), with the names of torchvision or
/// timm.</summary>
static class RegNet
{
    const int StemWidth = 32;

    // Squeeze-and-excitation of RegNetY has a quarter of the channels that the block reads.
    const double SqueezeShare = 0.25;

    /// <summary>A network of known sizes.</summary>
    readonly record struct Variant(string Name, int GroupWidth, ImmutableArray<int> Depths, ImmutableArray<int> Widths);

    // Depths and widths follow from four numbers of the paper's; these are torchvision's results.
    static readonly ImmutableArray<Variant> Known =
    [
        new("regnet_x_400mf", 16, [1, 2, 7, 12], [32, 64, 160, 400]),
        new("regnet_x_800mf", 16, [1, 3, 7, 5], [64, 128, 288, 672]),
        new("regnet_x_1_6gf", 24, [2, 4, 10, 2], [72, 168, 408, 912]),
        new("regnet_x_3_2gf", 48, [2, 6, 15, 2], [96, 192, 432, 1008]),
        new("regnet_x_8gf", 120, [2, 5, 15, 1], [80, 240, 720, 1920]),
        new("regnet_x_16gf", 128, [2, 6, 13, 1], [256, 512, 896, 2048]),
        new("regnet_x_32gf", 168, [2, 7, 13, 1], [336, 672, 1344, 2520]),
        new("regnet_y_400mf", 8, [1, 3, 6, 6], [48, 104, 208, 440]),
        new("regnet_y_800mf", 16, [1, 3, 8, 2], [64, 144, 320, 784]),
        new("regnet_y_1_6gf", 24, [2, 6, 17, 2], [48, 120, 336, 888]),
        new("regnet_y_3_2gf", 24, [2, 5, 13, 1], [72, 216, 576, 1512]),
        new("regnet_y_8gf", 56, [2, 4, 10, 1], [224, 448, 896, 2016]),
        new("regnet_y_16gf", 112, [2, 4, 11, 1], [224, 448, 1232, 3024]),
        new("regnet_y_32gf", 232, [2, 5, 12, 1], [232, 696, 1392, 3712]),
        new("regnet_y_128gf", 264, [2, 7, 17, 1], [528, 1056, 2904, 7392]),
    ];

    /// <summary>How a program names the layers.</summary>
    /// <param name="Stem">The first convolution and its norm.</param>
    /// <param name="Head">The layer that makes the classes.</param>
    /// <param name="Block">A block, by stage and place, both from 1 and 0.</param>
    /// <param name="Convolutions">The three convolutions of a block, each with its norm.</param>
    /// <param name="Shortcut">The convolution beside them, with its norm.</param>
    /// <param name="Squeeze">The module of squeeze-and-excitation.</param>
    sealed record Naming(
        (string Conv, string Norm) Stem,
        string Head,
        Func<int, int, string> Block,
        ImmutableArray<(string Conv, string Norm)> Convolutions,
        (string Conv, string Norm) Shortcut,
        string Squeeze
    );

    static readonly Naming Torchvision = new(
        ("stem.0", "stem.1"),
        "fc",
        (stage, i) => $"trunk_output.block{stage}.block{stage}-{i}",
        [("f.a.0", "f.a.1"), ("f.b.0", "f.b.1"), ("f.c.0", "f.c.1")],
        ("proj.0", "proj.1"),
        "f.se"
    );

    static readonly Naming Timm = new(
        ("stem.conv", "stem.bn"),
        "head.fc",
        (stage, i) => $"s{stage}.b{i + 1}",
        [("conv1.conv", "conv1.bn"), ("conv2.conv", "conv2.bn"), ("conv3.conv", "conv3.bn")],
        ("downsample.conv", "downsample.bn"),
        "se"
    );

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = "a RegNet",
            Names = [.. Known.Select(known => known.Name)],
            IsIn = shapes => IsNamed(shapes, Torchvision) || IsNamed(shapes, Timm),
            Read = (shapes, size) => Read(shapes, size, IsNamed(shapes, Torchvision) ? Torchvision : Timm),
            Define = Define,
        };

    static bool IsNamed(LayerShapes shapes, Naming naming) => shapes.Has(naming.Stem.Conv) && shapes.HasModule(naming.Block(1, 0));

    static Graph Read(LayerShapes shapes, Pair size, Naming naming)
    {
        var reading = new LayerReading(shapes, naming.Stem.Conv, size);
        int x = reading.Graph.Relu(reading.ConvNorm(reading.Images, naming.Stem.Conv, naming.Stem.Norm, 2));
        for (int stage = 1; stage == 1 || shapes.HasModule(naming.Block(stage, 0)); stage++)
        for (int i = 0; i == 0 || shapes.HasModule(naming.Block(stage, i)); i++)
            x = Block(reading, x, naming.Block(stage, i), i == 0 ? 2 : 1, naming);
        reading.PooledHead(x, naming.Head);
        return reading.Build(Family.Title);
    }

    static int Block(LayerReading reading, int x, string block, int stride, Naming naming)
    {
        var graph = reading.Graph;
        var (first, second, third) = (naming.Convolutions[0], naming.Convolutions[1], naming.Convolutions[2]);
        int y = graph.Relu(reading.ConvNorm(x, $"{block}.{first.Conv}", $"{block}.{first.Norm}"));
        y = graph.Relu(reading.Norm(reading.Grouped(y, $"{block}.{second.Conv}", stride), $"{block}.{second.Norm}"));
        if (reading.Shapes.HasModule($"{block}.{naming.Squeeze}"))
            y = reading.Squeeze(y, $"{block}.{naming.Squeeze}.fc1", $"{block}.{naming.Squeeze}.fc2", graph.Relu, graph.Sigmoid);
        y = reading.ConvNorm(y, $"{block}.{third.Conv}", $"{block}.{third.Norm}");
        bool isSame = stride == 1 && graph.Channels(x) == graph.Channels(y);
        int shortcut = isSame ? x : reading.ConvNorm(x, $"{block}.{naming.Shortcut.Conv}", $"{block}.{naming.Shortcut.Norm}", stride);
        return graph.Relu(reading.Add(y, shortcut, $"{block}.{third.Conv}"));
    }

    static LayerShapes Define(string name, int classes, int channels)
    {
        var shapes = new LayerShapesBuilder();
        var known = Known.First(known => known.Name == name);
        bool isSqueezed = name.StartsWith("regnet_y", StringComparison.Ordinal);
        int x = ConvNorm(Torchvision.Stem, "", StemWidth, channels, 3);
        for (int stage = 0; stage < known.Depths.Length; stage++)
        for (int i = 0; i < known.Depths[stage]; i++)
        {
            string block = Torchvision.Block(stage + 1, i) + ".";
            int width = known.Widths[stage];
            if (i == 0)
                ConvNorm(Torchvision.Shortcut, block, width, x, 1);
            ConvNorm(Torchvision.Convolutions[0], block, width, x, 1);
            ConvNorm(Torchvision.Convolutions[1], block, width, Math.Min(known.GroupWidth, width), 3);
            if (isSqueezed)
            {
                // Halves round to even, as in Python.
                int squeezed = (int)Math.Round(SqueezeShare * x);
                shapes.Conv($"{block}{Torchvision.Squeeze}.fc1", squeezed, width, 1, true);
                shapes.Conv($"{block}{Torchvision.Squeeze}.fc2", width, squeezed, 1, true);
            }

            x = ConvNorm(Torchvision.Convolutions[2], block, width, width, 1);
        }

        shapes.Linear(Torchvision.Head, classes, x);
        return shapes.Build();

        int ConvNorm((string Conv, string Norm) names, string block, int outChannels, int inChannels, int kernel)
        {
            shapes.Conv(block + names.Conv, outChannels, inChannels, kernel);
            shapes.Norm(block + names.Norm, outChannels);
            return outChannels;
        }
    }
}
