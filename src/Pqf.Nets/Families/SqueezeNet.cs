using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>SqueezeNet 1.0 and 1.1 (Iandola et al. 2016, arXiv 1602.07360, table 1), with torchvision's names.</summary>
/// <remarks>Where a number is left out between two modules with weights there is a pool.</remarks>
static class SqueezeNet
{
    const string List = "features.";

    /// <summary>A network of known sizes.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Stem">Filters and kernel of the first convolution.</param>
    /// <param name="Fires">Numbers of the fire modules.</param>
    readonly record struct Variant(string Name, (int Width, int Kernel) Stem, ImmutableArray<int> Fires);

    static readonly ImmutableArray<Variant> Known =
    [
        new("squeezenet1_0", (96, 7), [3, 4, 5, 7, 8, 9, 10, 12]),
        new("squeezenet1_1", (64, 3), [3, 4, 6, 7, 9, 10, 11, 12]),
    ];

    // Channels between the two halves of each fire module; each half has four times as many.
    static readonly ImmutableArray<int> Squeezed = [16, 16, 32, 32, 48, 48, 64, 64];

    const int Widening = 4;

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = "a SqueezeNet",
            Names = [.. Known.Select(known => known.Name)],
            IsIn = shapes =>
                shapes.Weight("features.0") is { Rank: 4 } && shapes.Numbers(List).Any(number => shapes.Has($"{List}{number}.squeeze")),
            Read = Read,
            Define = Define,
        };

    static Graph Read(LayerShapes shapes, Pair size)
    {
        var reading = new LayerReading(shapes, "features.0", size);
        var graph = reading.Graph;
        int x = graph.Relu(reading.Conv(reading.Images, "features.0", 2, 0)),
            before = 1; // the first ReLU is number 1
        foreach (int number in shapes.Numbers(List).Skip(1))
        {
            if (number > before + 1)
                x = reading.MaxPool(x, 3, 2, ceilMode: true);
            string fire = List + number;
            x = graph.Relu(reading.Conv(x, $"{fire}.squeeze"));
            x = graph.Concat([graph.Relu(reading.Conv(x, $"{fire}.expand1x1")), graph.Relu(reading.Conv(x, $"{fire}.expand3x3"))]);
            before = number;
        }

        x = graph.Relu(reading.Conv(x, "classifier.1"));
        graph.Flatten(graph.GlobalAvgPool(x));
        return reading.Build(Family.Title);
    }

    static LayerShapes Define(string name, int classes, int channels)
    {
        var shapes = new LayerShapesBuilder();
        var known = Known.First(known => known.Name == name);
        shapes.Conv("features.0", known.Stem.Width, channels, known.Stem.Kernel, true);
        int x = known.Stem.Width;
        foreach (var (number, squeezed) in known.Fires.Zip(Squeezed))
        {
            string fire = List + number;
            shapes.Conv($"{fire}.squeeze", squeezed, x, 1, true);
            shapes.Conv($"{fire}.expand1x1", Widening * squeezed, squeezed, 1, true);
            shapes.Conv($"{fire}.expand3x3", Widening * squeezed, squeezed, 3, true);
            x = 2 * Widening * squeezed;
        }

        shapes.Conv("classifier.1", classes, x, 1, true);
        return shapes.Build();
    }
}
