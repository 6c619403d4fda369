using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Pooling;

namespace Pqf.Nets.Families;

/// <summary>DenseNet-BC for photographs (Huang et al. 2017, arXiv 1608.06993, table 1), with the names of torchvision, of timm and of
/// torchvision's older files (<c>norm.1</c> for <c>norm1</c>).</summary>
static class DenseNet
{
    const string Stem = "features.conv0";
    const int StemKernel = 7,
        BottleneckWidth = 4; // in channels that a layer adds

    static readonly ImmutableArray<(string Name, int Growth, int StemWidth, ImmutableArray<int> Depths)> Known =
    [
        ("densenet121", 32, 64, [6, 12, 24, 16]),
        ("densenet161", 48, 96, [6, 12, 36, 24]),
        ("densenet169", 32, 64, [6, 12, 32, 32]),
        ("densenet201", 32, 64, [6, 12, 48, 32]),
    ];

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = "a DenseNet",
            Names = [.. Known.Select(known => known.Name)],
            IsIn = shapes => shapes.Has(Stem) && shapes.HasModule("features.denseblock1"),
            Read = Read,
            Define = Define,
        };

    static Graph Read(LayerShapes shapes, Pair size)
    {
        var reading = new LayerReading(shapes, Stem, size);
        var graph = reading.Graph;
        var stem = reading.Weight(Stem, 4, "a convolution of images");
        if (stem[2] != StemKernel || stem[3] != StemKernel)
            throw LayerReading.Misfit(Stem, $"[out, in, {StemKernel}, {StemKernel}], the first convolution of photographs", stem);
        int x = graph.Relu(reading.ConvNorm(reading.Images, Stem, "features.norm0", 2));
        x = reading.MaxPool(x, 3, 2, 1);
        int blockCount = shapes.Numbers("features.denseblock").Length;
        for (int block = 1; block <= blockCount; block++)
        {
            x = Block(reading, x, $"features.denseblock{block}");
            if (block == blockCount)
                break;
            string transition = $"features.transition{block}";
            x = reading.Conv(graph.Relu(reading.Norm(x, $"{transition}.norm")), $"{transition}.conv");
            x = graph.AvgPool2d(x, 2, new PoolOptions { Stride = 2 });
        }

        reading.PooledHead(graph.Relu(reading.Norm(x, "features.norm5")), "classifier");
        return reading.Build(Family.Title);
    }

    /// <summary>Layers that each read all before them.</summary>
    static int Block(LayerReading reading, int x, string block)
    {
        var graph = reading.Graph;
        ImmutableArray<int> parts = [x];
        for (int i = 1; i == 1 || reading.Shapes.HasModule($"{block}.denselayer{i}"); i++)
        {
            string layer = $"{block}.denselayer{i}";
            int all = parts.Length == 1 ? x : graph.Concat(parts);
            int inner = reading.Conv(graph.Relu(reading.Norm(all, Named("norm", 1))), Named("conv", 1));
            parts = parts.Add(reading.Conv(graph.Relu(reading.Norm(inner, Named("norm", 2))), Named("conv", 2)));

            string Named(string kind, int number) =>
                reading.Shapes.Has($"{layer}.{kind}.{number}") ? $"{layer}.{kind}.{number}" : $"{layer}.{kind}{number}";
        }

        return graph.Concat(parts);
    }

    static LayerShapes Define(string name, int classes, int channels)
    {
        var shapes = new LayerShapesBuilder();
        var (_, growth, stemWidth, depths) = Known.First(known => known.Name == name);
        int x = stemWidth;
        shapes.Conv(Stem, x, channels, StemKernel);
        shapes.Norm("features.norm0", x);
        for (int block = 1; block <= depths.Length; block++)
        {
            for (int i = 1; i <= depths[block - 1]; i++, x += growth)
            {
                string layer = $"features.denseblock{block}.denselayer{i}";
                shapes.Norm($"{layer}.norm1", x);
                shapes.Conv($"{layer}.conv1", BottleneckWidth * growth, x, 1);
                shapes.Norm($"{layer}.norm2", BottleneckWidth * growth);
                shapes.Conv($"{layer}.conv2", growth, BottleneckWidth * growth, 3);
            }

            if (block == depths.Length)
                break;
            shapes.Norm($"features.transition{block}.norm", x);
            shapes.Conv($"features.transition{block}.conv", x / 2, x, 1);
            x /= 2;
        }

        shapes.Norm("features.norm5", x);
        shapes.Linear("classifier", classes, x);
        return shapes.Build();
    }
}
