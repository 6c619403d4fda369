using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>ShuffleNetV2 of any width (Ma et al. 2018, arXiv 1807.11164, figure 3 and table 5), with torchvision's names.</summary>
static class ShuffleNetV2
{
    const int FirstStage = 2;

    // Channels of the stem, of the three stages and of the last convolution.
    static readonly ImmutableArray<(string Name, ImmutableArray<int> Widths)> Known =
    [
        ("shufflenet_v2_x0_5", [24, 48, 96, 192, 1024]),
        ("shufflenet_v2_x1_0", [24, 116, 232, 464, 1024]),
        ("shufflenet_v2_x1_5", [24, 176, 352, 704, 1024]),
        ("shufflenet_v2_x2_0", [24, 244, 488, 976, 2048]),
    ];

    static readonly ImmutableArray<int> Depths = [4, 8, 4];

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = "a ShuffleNetV2",
            Names = [.. Known.Select(known => known.Name)],
            IsIn = shapes => shapes.Has("conv1.0") && shapes.HasModule("stage2.0.branch2"),
            Read = Read,
            Define = Define,
        };

    static Graph Read(LayerShapes shapes, Pair size)
    {
        var reading = new LayerReading(shapes, "conv1.0", size);
        var graph = reading.Graph;
        int x = graph.Relu(reading.ConvNorm(reading.Images, "conv1.0", "conv1.1", 2));
        x = reading.MaxPool(x, 3, 2, 1);
        for (int stage = FirstStage; stage < FirstStage + Depths.Length; stage++)
        for (int i = 0; i == 0 || shapes.HasModule($"stage{stage}.{i}"); i++)
            x = Block(reading, x, $"stage{stage}.{i}", i == 0 ? 2 : 1);
        reading.PooledHead(graph.Relu(reading.ConvNorm(x, "conv5.0", "conv5.1")), "fc");
        return reading.Build(Family.Title);
    }

    static int Block(LayerReading reading, int x, string block, int stride)
    {
        var graph = reading.Graph;
        int left = x,
            right = x,
            half = graph.Channels(x) / 2;
        if (stride == 1)
            (left, right) = (graph.SliceChannels(x, 0, half), graph.SliceChannels(x, half, 2 * half));
        else
        {
            left = reading.Norm(reading.Depthwise(x, $"{block}.branch1.0", stride), $"{block}.branch1.1");
            left = graph.Relu(reading.ConvNorm(left, $"{block}.branch1.2", $"{block}.branch1.3"));
        }

        right = graph.Relu(reading.ConvNorm(right, $"{block}.branch2.0", $"{block}.branch2.1"));
        right = reading.Norm(reading.Depthwise(right, $"{block}.branch2.3", stride), $"{block}.branch2.4");
        right = graph.Relu(reading.ConvNorm(right, $"{block}.branch2.5", $"{block}.branch2.6"));
        return graph.Channels(left) == graph.Channels(right)
            ? graph.ChannelShuffle(graph.Concat([left, right]), 2)
            : throw LayerReading.Misfit(
                $"{block}.branch2.5",
                $"{graph.Channels(left)} filters, as many as the other branch has channels",
                reading.Shapes.Weight($"{block}.branch2.5")!.Value
            );
    }

    static LayerShapes Define(string name, int classes, int channels)
    {
        var shapes = new LayerShapesBuilder();
        var widths = Known.First(known => known.Name == name).Widths;
        int x = ConvNorm("conv1", 0, widths[0], channels, 3);
        for (int stage = 0; stage < Depths.Length; stage++)
        for (int i = 0; i < Depths[stage]; i++)
        {
            string block = $"stage{FirstStage + stage}.{i}";
            int half = widths[stage + 1] / 2;
            if (i == 0)
            {
                ConvNorm($"{block}.branch1", 0, x, 1, 3);
                ConvNorm($"{block}.branch1", 2, half, x, 1);
            }

            ConvNorm($"{block}.branch2", 0, half, i == 0 ? x : half, 1);
            ConvNorm($"{block}.branch2", 3, half, 1, 3);
            ConvNorm($"{block}.branch2", 5, half, half, 1);
            x = 2 * half;
        }

        shapes.Linear("fc", classes, ConvNorm("conv5", 0, widths[^1], x, 1));
        return shapes.Build();

        int ConvNorm(string list, int number, int outChannels, int inChannels, int kernel)
        {
            shapes.Conv($"{list}.{number}", outChannels, inChannels, kernel);
            shapes.Norm($"{list}.{number + 1}", outChannels);
            return outChannels;
        }
    }
}
