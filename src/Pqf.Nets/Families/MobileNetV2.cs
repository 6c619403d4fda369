using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>MobileNetV2 of any width (Sandler et al. 2018, arXiv 1801.04381, table 2), with torchvision's names.</summary>
static class MobileNetV2
{
    const string Name = "mobilenet_v2";
    const int StemWidth = 32,
        LastWidth = 1280;

    // Widening, channels, blocks and stride of each stage: table 2.
    static readonly ImmutableArray<(int Widening, int Width, int Depth, int Stride)> Stages =
    [
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ];

    /// <summary>Stride of each stage's first block.</summary>
    public static ImmutableArray<int> StageStrides { get; } = [.. Stages.Select(stage => stage.Stride)];

    static readonly ImmutableArray<int> Strides =
    [
        .. Stages.SelectMany(stage => Enumerable.Range(0, stage.Depth).Select(i => i == 0 ? stage.Stride : 1)),
    ];

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = "a MobileNetV2",
            Names = [Name],
            IsIn = shapes =>
                shapes.Has("features.0.0") && shapes.Numbers("features.").Any(number => shapes.HasModule($"features.{number}.conv")),
            Read = Read,
            Define = Define,
        };

    /// <summary>ReLU6.</summary>
    public static Func<int, int> Activation(GraphBuilder graph) => x => graph.Clip(x, 0, 6);

    static Graph Read(LayerShapes shapes, Pair size)
    {
        var reading = new LayerReading(shapes, "features.0.0", size);
        var blocks = InvertedResidual.Plain(reading, Activation(reading.Graph));
        int x = blocks.Activation(reading.ConvNorm(reading.Images, "features.0.0", "features.0.1", 2));
        for (int i = 0; i < Strides.Length; i++)
            x = blocks.Append(x, NamesOf(shapes, $"features.{i + 1}.conv"), Strides[i]);
        int last = Strides.Length + 1;
        x = blocks.Activation(reading.ConvNorm(x, $"features.{last}.0", $"features.{last}.1"));
        reading.PooledHead(x, "classifier.1");
        return reading.Build(Family.Title);
    }

    static BlockNames NamesOf(LayerShapes shapes, string block) =>
        shapes.HasModule($"{block}.3")
            ? new(($"{block}.0.0", $"{block}.0.1"), ($"{block}.1.0", $"{block}.1.1"), null, ($"{block}.2", $"{block}.3"))
            : new(null, ($"{block}.0.0", $"{block}.0.1"), null, ($"{block}.1", $"{block}.2"));

    static LayerShapes Define(string name, int classes, int channels)
    {
        var shapes = new LayerShapesBuilder();
        int x = ConvNorm("features.0.0", "features.0.1", StemWidth, channels, 3),
            number = 1;
        foreach (var (widening, width, depth, _) in Stages)
            for (int i = 0; i < depth; i++, number++)
            {
                string block = $"features.{number}.conv";
                int inner = widening * x,
                    part = 0;
                if (widening > 1)
                    ConvNorm($"{block}.{part}.0", $"{block}.{part++}.1", inner, x, 1);
                ConvNorm($"{block}.{part}.0", $"{block}.{part++}.1", inner, 1, 3);
                x = ConvNorm($"{block}.{part}", $"{block}.{part + 1}", width, inner, 1);
            }

        ConvNorm($"features.{number}.0", $"features.{number}.1", LastWidth, x, 1);
        shapes.Linear("classifier.1", classes, LastWidth);
        return shapes.Build();

        int ConvNorm(string conv, string norm, int outChannels, int inChannels, int kernel)
        {
            shapes.Conv(conv, outChannels, inChannels, kernel);
            shapes.Norm(norm, outChannels);
            return outChannels;
        }
    }
}
