using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>AlexNet on one device (Krizhevsky 2014, arXiv 1404.5997), as torchvision has it.</summary>
static class AlexNet
{
    const string Name = "alexnet";
    const int StemKernel = 11,
        Side = 6,
        Features = 4096;

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = "an AlexNet",
            Names = [Name],
            IsIn = shapes => shapes.Weight("features.0") is { Rank: 4 } stem && stem[2] == StemKernel && stem[3] == StemKernel,
            Read = Read,
            Define = Define,
        };

    static Graph Read(LayerShapes shapes, Pair size)
    {
        var reading = new LayerReading(shapes, "features.0", size);
        var graph = reading.Graph;
        int x = graph.Relu(reading.Conv(reading.Images, "features.0", 4, 2));
        x = reading.MaxPool(x, 3, 2);
        x = graph.Relu(reading.Conv(x, "features.3"));
        x = reading.MaxPool(x, 3, 2);
        x = graph.Relu(reading.Conv(x, "features.6"));
        x = graph.Relu(reading.Conv(x, "features.8"));
        x = graph.Relu(reading.Conv(x, "features.10"));
        x = reading.MaxPool(x, 3, 2);
        var weight = reading.Weight("classifier.1", 2, "the first linear layer");
        x = graph.Flatten(Cells.Pool(reading, x, Cells.Side(weight, graph.Channels(x), "classifier.1")));
        x = graph.Relu(reading.Linear(x, "classifier.1", weight[1]));
        x = graph.Relu(reading.Linear(x, "classifier.4"));
        reading.Linear(x, "classifier.6");
        return reading.Build(Family.Title);
    }

    static LayerShapes Define(string name, int classes, int channels)
    {
        var shapes = new LayerShapesBuilder();
        shapes.Conv("features.0", 64, channels, StemKernel, true);
        shapes.Conv("features.3", 192, 64, 5, true);
        shapes.Conv("features.6", 384, 192, 3, true);
        shapes.Conv("features.8", 256, 384, 3, true);
        shapes.Conv("features.10", 256, 256, 3, true);
        shapes.Linear("classifier.1", Features, 256 * Side * Side);
        shapes.Linear("classifier.4", Features, Features);
        shapes.Linear("classifier.6", classes, Features);
        return shapes.Build();
    }
}
