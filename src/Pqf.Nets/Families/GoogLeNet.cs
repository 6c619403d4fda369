using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>GoogLeNet with batch norms (Szegedy et al. 2015, arXiv 1409.4842, table 1), with torchvision's names. The heads that training
/// alone uses are left out.</summary>
static class GoogLeNet
{
    const string Name = "googlenet";

    // ε of torchvision's norms.
    const float Eps = 1e-3f;

    /// <summary>An inception module; a pool stands before some.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Pool">Side of the pool's window; 0 for none.</param>
    /// <param name="Widths">Channels of its six convolutions.</param>
    readonly record struct Inception(string Name, int Pool, ImmutableArray<int> Widths);

    static readonly ImmutableArray<Inception> Modules =
    [
        new("inception3a", 3, [64, 96, 128, 16, 32, 32]),
        new("inception3b", 0, [128, 128, 192, 32, 96, 64]),
        new("inception4a", 3, [192, 96, 208, 16, 48, 64]),
        new("inception4b", 0, [160, 112, 224, 24, 64, 64]),
        new("inception4c", 0, [128, 128, 256, 24, 64, 64]),
        new("inception4d", 0, [112, 144, 288, 32, 64, 64]),
        new("inception4e", 0, [256, 160, 320, 32, 128, 128]),
        new("inception5a", 2, [256, 160, 320, 32, 128, 128]),
        new("inception5b", 0, [384, 192, 384, 48, 128, 128]),
    ];

    static readonly ImmutableArray<string> TrainingHeads = ["aux1", "aux2"];

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = "a GoogLeNet",
            Names = [Name],
            IsIn = shapes => shapes.Has("conv1.conv") && shapes.HasModule(Modules[0].Name),
            Read = Read,
            Define = Define,
            Doubt = _ =>
                "torchvision loads its own weights of GoogLeNet with transform_input, which a state dict does not show: for them "
                + "preprocessing.mean and preprocessing.deviation are [0.5, 0.5, 0.5]",
        };

    static Graph Read(LayerShapes shapes, Pair size)
    {
        var reading = new LayerReading(shapes, "conv1.conv", size) { Eps = Eps };
        foreach (string head in TrainingHeads)
            reading.Ignore(head);
        int x = Basic(reading, reading.Images, "conv1", 2);
        x = reading.MaxPool(x, 3, 2, ceilMode: true);
        x = Basic(reading, Basic(reading, x, "conv2"), "conv3");
        foreach (var module in Modules)
        {
            if (module.Pool > 0)
                x = reading.MaxPool(x, module.Pool, 2, ceilMode: true);
            x = reading.Graph.Concat([
                Basic(reading, x, $"{module.Name}.branch1"),
                Basic(reading, Basic(reading, x, $"{module.Name}.branch2.0"), $"{module.Name}.branch2.1"),
                Basic(reading, Basic(reading, x, $"{module.Name}.branch3.0"), $"{module.Name}.branch3.1"),
                Basic(reading, reading.MaxPool(x, 3, 1, 1, true), $"{module.Name}.branch4.1"),
            ]);
        }

        reading.PooledHead(x, "fc");
        return reading.Build(Family.Title);
    }

    static int Basic(LayerReading reading, int x, string name, int stride = 1) =>
        reading.Graph.Relu(reading.ConvNorm(x, $"{name}.conv", $"{name}.bn", stride));

    static LayerShapes Define(string name, int classes, int channels)
    {
        var shapes = new LayerShapesBuilder();
        Basic("conv1", 64, channels, 7);
        Basic("conv2", 64, 64, 1);
        int x = Basic("conv3", 192, 64, 3);
        foreach (var (module, _, widths) in Modules)
            x =
                Basic($"{module}.branch1", widths[0], x, 1)
                + Basic($"{module}.branch2.1", widths[2], Basic($"{module}.branch2.0", widths[1], x, 1), 3)
                // 5×5 in the paper
                + Basic($"{module}.branch3.1", widths[4], Basic($"{module}.branch3.0", widths[3], x, 1), 3)
                + Basic($"{module}.branch4.1", widths[5], x, 1);
        shapes.Linear("fc", classes, x);
        return shapes.Build();

        int Basic(string layer, int outChannels, int inChannels, int kernel)
        {
            shapes.Conv($"{layer}.conv", outChannels, inChannels, kernel);
            shapes.Norm($"{layer}.bn", outChannels);
            return outChannels;
        }
    }
}
