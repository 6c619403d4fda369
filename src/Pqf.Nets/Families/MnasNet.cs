using System.Collections.Immutable;
using System.Globalization;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>MNASNet-B1 of any width (Tan et al. 2019, arXiv 1807.11626, figure 7), with torchvision's names.</summary>
static class MnasNet
{
    const int StemWidth = 32,
        SeparableWidth = 16,
        LastWidth = 1280,
        FirstStage = 8;

    // Kernel, widening, channels, blocks and stride of each stage.
    static readonly ImmutableArray<(int Kernel, int Widening, int Width, int Depth, int Stride)> Stages =
    [
        (3, 3, 24, 3, 2),
        (5, 3, 40, 3, 2),
        (5, 6, 80, 3, 2),
        (3, 6, 96, 2, 1),
        (5, 6, 192, 4, 2),
        (3, 6, 320, 1, 1),
    ];

    static readonly ImmutableArray<(string Name, double Width)> Known =
    [
        ("mnasnet0_5", 0.5),
        ("mnasnet0_75", 0.75),
        ("mnasnet1_0", 1.0),
        ("mnasnet1_3", 1.3),
    ];

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = "an MNASNet",
            Names = [.. Known.Select(known => known.Name)],
            IsIn = shapes => shapes.Has("layers.0") && shapes.HasModule($"layers.{FirstStage}.0.layers"),
            Read = Read,
            Define = Define,
        };

    static Graph Read(LayerShapes shapes, Pair size)
    {
        var reading = new LayerReading(shapes, "layers.0", size);
        var graph = reading.Graph;
        var blocks = InvertedResidual.Plain(reading, graph.Relu);
        int x = graph.Relu(reading.ConvNorm(reading.Images, "layers.0", "layers.1", 2));
        x = graph.Relu(reading.Norm(reading.Depthwise(x, "layers.3"), "layers.4"));
        x = reading.ConvNorm(x, "layers.6", "layers.7");
        for (int stage = 0; stage < Stages.Length; stage++)
        for (int i = 0; i == 0 || shapes.HasModule($"layers.{FirstStage + stage}.{i}"); i++)
        {
            string block = $"layers.{FirstStage + stage}.{i}.layers";
            var names = new BlockNames(($"{block}.0", $"{block}.1"), ($"{block}.3", $"{block}.4"), null, ($"{block}.6", $"{block}.7"));
            x = blocks.Append(x, names, i == 0 ? Stages[stage].Stride : 1);
        }

        x = graph.Relu(reading.ConvNorm(x, "layers.14", "layers.15"));
        reading.PooledHead(x, "classifier.1");
        return reading.Build(Family.Title);
    }

    static LayerShapes Define(string name, int classes, int channels)
    {
        double scale = Known.First(known => known.Name == name).Width;
        var shapes = new LayerShapesBuilder();
        int x = ConvNorm("layers", 0, Widths.Rounded(StemWidth * scale), channels, 3);
        ConvNorm("layers", 3, x, 1, 3);
        x = ConvNorm("layers", 6, Widths.Rounded(SeparableWidth * scale), x, 1);
        for (int stage = 0; stage < Stages.Length; stage++)
        for (int i = 0; i < Stages[stage].Depth; i++)
        {
            string block = string.Create(CultureInfo.InvariantCulture, $"layers.{FirstStage + stage}.{i}.layers");
            var (kernel, widening, width, _, _) = Stages[stage];
            int inner = ConvNorm(block, 0, widening * x, x, 1);
            ConvNorm(block, 3, inner, 1, kernel);
            x = ConvNorm(block, 6, Widths.Rounded(width * scale), inner, 1);
        }

        ConvNorm("layers", 14, LastWidth, x, 1);
        shapes.Linear("classifier.1", classes, LastWidth);
        return shapes.Build();

        int ConvNorm(string list, int number, int outChannels, int inChannels, int kernel)
        {
            shapes.Conv($"{list}.{number}", outChannels, inChannels, kernel);
            shapes.Norm($"{list}.{number + 1}", outChannels);
            return outChannels;
        }
    }
}
