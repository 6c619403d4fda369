using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>MobileNetV3, large and small, of any width (Howard et al. 2019, arXiv 1905.02244, tables 1 and 2), with torchvision's
/// names.</summary>
static class MobileNetV3
{
    /// <summary>ε of torchvision's norms; TensorFlow's, in which the networks were trained first.</summary>
    const float TorchvisionEps = 1e-3f;

    const int StemWidth = 16;

    /// <summary>A row of the tables.</summary>
    /// <param name="Kernel">Of the depthwise convolution.</param>
    /// <param name="Inner">Channels after widening.</param>
    /// <param name="Width">Channels of the result.</param>
    /// <param name="IsSqueezed">Whether it has squeeze-and-excitation.</param>
    /// <param name="HasHardSwish">Whether its activation is a hard swish, not a ReLU.</param>
    /// <param name="Stride">Of the depthwise convolution.</param>
    readonly record struct Block(int Kernel, int Inner, int Width, bool IsSqueezed, bool HasHardSwish, int Stride);

    static readonly ImmutableArray<(string Name, int LastWidth, ImmutableArray<Block> Blocks)> Known =
    [
        (
            "mobilenet_v3_large",
            1280,
            [
                new(3, 16, 16, false, false, 1),
                new(3, 64, 24, false, false, 2),
                new(3, 72, 24, false, false, 1),
                new(5, 72, 40, true, false, 2),
                new(5, 120, 40, true, false, 1),
                new(5, 120, 40, true, false, 1),
                new(3, 240, 80, false, true, 2),
                new(3, 200, 80, false, true, 1),
                new(3, 184, 80, false, true, 1),
                new(3, 184, 80, false, true, 1),
                new(3, 480, 112, true, true, 1),
                new(3, 672, 112, true, true, 1),
                new(5, 672, 160, true, true, 2),
                new(5, 960, 160, true, true, 1),
                new(5, 960, 160, true, true, 1),
            ]
        ),
        (
            "mobilenet_v3_small",
            1024,
            [
                new(3, 16, 16, true, false, 2),
                new(3, 72, 24, false, false, 2),
                new(3, 88, 24, false, false, 1),
                new(5, 96, 40, true, true, 2),
                new(5, 240, 40, true, true, 1),
                new(5, 240, 40, true, true, 1),
                new(5, 120, 48, true, true, 1),
                new(5, 144, 48, true, true, 1),
                new(5, 288, 96, true, true, 2),
                new(5, 576, 96, true, true, 1),
                new(5, 576, 96, true, true, 1),
            ]
        ),
    ];

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = "a MobileNetV3",
            Names = [.. Known.Select(known => known.Name)],
            IsIn = shapes =>
                shapes.Has("features.0.0") && shapes.Numbers("features.").Any(number => shapes.HasModule($"features.{number}.block")),
            Read = Read,
            Define = Define,
        };

    static Graph Read(LayerShapes shapes, Pair size)
    {
        var reading = new LayerReading(shapes, "features.0.0", size) { Eps = TorchvisionEps };
        var graph = reading.Graph;
        string[] blocks = [.. shapes.Numbers("features.").Select(number => $"features.{number}.block").Where(shapes.HasModule)];
        int x = graph.HardSwish(reading.ConvNorm(reading.Images, "features.0.0", "features.0.1", 2));
        x = Append(reading, x, [.. blocks.Select(block => BlockNames.OfList(shapes, block))], blocks[0]);
        string last = $"features.{blocks.Length + 1}";
        x = graph.HardSwish(reading.ConvNorm(x, $"{last}.0", $"{last}.1"));
        x = graph.HardSwish(reading.PooledHead(x, "classifier.0"));
        reading.Linear(x, "classifier.3");
        return reading.Build(Family.Title);
    }

    /// <summary>The blocks of a network with strides and activations of the tables.</summary>
    /// <param name="reading">The network so far.</param>
    /// <param name="x">Node read.</param>
    /// <param name="blocks">Names of the layers of all blocks.</param>
    /// <param name="first">What the first block is called, for messages.</param>
    public static int Append(LayerReading reading, int x, ImmutableArray<BlockNames> blocks, string first)
    {
        var graph = reading.Graph;
        var known = Known.FirstOrDefault(known => known.Blocks.Length == blocks.Length);
        if (known.Name is null)
            throw new MisfitException(
                first,
                $"expected {string.Join(" or ", Known.Select(row => $"{row.Blocks.Length} blocks ({row.Name})"))}, got {blocks.Length}"
            );
        foreach (var (names, row) in blocks.Zip(known.Blocks))
            x = new InvertedResidual(
                reading,
                row.HasHardSwish ? graph.HardSwish : graph.Relu,
                graph.Relu,
                y => graph.HardSigmoid(y)
            ).Append(x, names, row.Stride);
        return x;
    }

    static LayerShapes Define(string name, int classes, int channels)
    {
        var shapes = new LayerShapesBuilder();
        var known = Known.First(known => known.Name == name);
        int x = ConvNorm("features.0", StemWidth, channels, 3);
        for (int i = 0; i < known.Blocks.Length; i++)
        {
            string block = $"features.{i + 1}.block";
            var row = known.Blocks[i];
            int part = 0;
            if (row.Inner != x)
                ConvNorm($"{block}.{part++}", row.Inner, x, 1);
            ConvNorm($"{block}.{part++}", row.Inner, 1, row.Kernel);
            if (row.IsSqueezed)
            {
                int squeezed = Widths.Rounded(row.Inner / 4.0);
                shapes.Conv($"{block}.{part}.fc1", squeezed, row.Inner, 1, true);
                shapes.Conv($"{block}.{part++}.fc2", row.Inner, squeezed, 1, true);
            }

            x = ConvNorm($"{block}.{part}", row.Width, row.Inner, 1);
        }

        int last = ConvNorm($"features.{known.Blocks.Length + 1}", 6 * x, x, 1);
        shapes.Linear("classifier.0", known.LastWidth, last);
        shapes.Linear("classifier.3", classes, known.LastWidth);
        return shapes.Build();

        int ConvNorm(string layer, int outChannels, int inChannels, int kernel)
        {
            shapes.Conv($"{layer}.0", outChannels, inChannels, kernel);
            shapes.Norm($"{layer}.1", outChannels);
            return outChannels;
        }
    }
}
