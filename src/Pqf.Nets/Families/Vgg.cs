using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>VGG (Simonyan and Zisserman 2015, arXiv 1409.1556, table 1), with or without batch norms.</summary>
/// <remarks>In the list of modules a convolution is followed by its norm, if it has one, and a ReLU. A number more before the next
/// convolution is a pool. torchvision has linear layers behind; timm has convolutions in their place.</remarks>
static class Vgg
{
    const string List = "features.";

    // Convolutions of each stage; stages have 64, 128, 256, 512 and 512 channels.
    static readonly ImmutableArray<(string Name, ImmutableArray<int> Depths)> Known =
    [
        ("vgg11", [1, 1, 2, 2, 2]),
        ("vgg13", [2, 2, 2, 2, 2]),
        ("vgg16", [2, 2, 3, 3, 3]),
        ("vgg19", [2, 2, 4, 4, 4]),
    ];

    const string WithNorms = "_bn";

    // Cells a side before the linear layers, and outputs of the first two of them.
    const int Side = 7,
        Features = 4096;

    static readonly ImmutableArray<int> StageWidths = [64, 128, 256, 512, 512];

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = "a VGG network",
            Names = [.. Known.SelectMany(known => (string[])[known.Name, known.Name + WithNorms])],
            IsIn = shapes =>
                shapes.Weight("features.0") is { Rank: 4 } stem
                && stem[2] == 3
                && stem[3] == 3
                && !shapes.Names.Any(name => name.Contains(".squeeze.", StringComparison.Ordinal))
                && (shapes.Has("classifier.0") || shapes.Has("classifier.3") || shapes.Has("pre_logits.fc1")),
            Read = Read,
            Define = Define,
        };

    static Graph Read(LayerShapes shapes, Pair size)
    {
        var reading = new LayerReading(shapes, "features.0", size);
        // One that has lost its weight is missed where it is read.
        var numbers = shapes.Numbers(List).Where(number => shapes.Weight(List + number) is not { Rank: not 4 }).ToImmutableArray();
        int x = reading.Images;
        for (int i = 0; i < numbers.Length; i++)
        {
            string layer = List + numbers[i];
            bool hasNorm = shapes.Has($"{List}{numbers[i] + 1}") && !numbers.Contains(numbers[i] + 1);
            x = reading.Conv(x, layer);
            if (hasNorm)
                x = reading.Norm(x, $"{List}{numbers[i] + 1}");
            x = reading.Graph.Relu(x);
            int next = numbers[i] + (hasNorm ? 3 : 2);
            if (i + 1 == numbers.Length || numbers[i + 1] == next + 1)
                x = reading.MaxPool(x, 2, 2);
            else if (numbers[i + 1] != next)
                throw new MisfitException(
                    $"{List}{numbers[i + 1]}.weight",
                    $"expected the convolution after {layer} to be number {next}, or {next + 1} after a pool"
                );
        }

        return shapes.Has("pre_logits.fc1") ? Convolutions(reading, x) : Linear(reading, x);
    }

    static Graph Linear(LayerReading reading, int x)
    {
        const string first = "classifier.0";
        var graph = reading.Graph;
        var weight = reading.Weight(first, 2, "the first linear layer");
        int side = Cells.Side(weight, graph.Channels(x), first);
        x = graph.Flatten(Cells.Pool(reading, x, side));
        x = graph.Relu(reading.Linear(x, first, weight[1]));
        x = graph.Relu(reading.Linear(x, "classifier.3"));
        reading.Linear(x, "classifier.6");
        return reading.Build(Family.Title);
    }

    /// <summary>timm's form: the first linear layer is a convolution of all cells, the second one of 1×1.</summary>
    static Graph Convolutions(LayerReading reading, int x)
    {
        x = reading.Graph.Relu(reading.Conv(x, "pre_logits.fc1", padding: 0));
        x = reading.Graph.Relu(reading.Conv(x, "pre_logits.fc2", padding: 0));
        reading.PooledHead(x, "head.fc");
        return reading.Build(Family.Title);
    }

    static LayerShapes Define(string name, int classes, int channels)
    {
        var shapes = new LayerShapesBuilder();
        bool hasNorms = name.EndsWith(WithNorms, StringComparison.Ordinal);
        int number = 0;
        foreach (var (depth, width) in Known.First(known => name == known.Name || name == known.Name + WithNorms).Depths.Zip(StageWidths))
        {
            for (int i = 0; i < depth; i++)
            {
                shapes.Conv($"{List}{number++}", width, channels, 3, true);
                if (hasNorms)
                    shapes.Norm($"{List}{number++}", width);
                channels = width;
                number++; // the ReLU
            }

            number++; // the pool
        }

        shapes.Linear("classifier.0", Features, channels * Side * Side);
        shapes.Linear("classifier.3", Features, Features);
        shapes.Linear("classifier.6", classes, Features);
        return shapes.Build();
    }
}
