using System.Collections.Immutable;
using Pqf.Nets.Graphs;
using Pqf.Tensors;

namespace Pqf.Nets.Families;

/// <summary>EfficientNet (Tan and Le 2019, arXiv 1905.11946, table 1) and EfficientNetV2 (Tan and Le 2021, arXiv 2104.00298, table 4), with
/// torchvision's names.</summary>
static class EfficientNet
{
    // torchvision's norms of B5 to B7 and of version 2: those weights were trained in TensorFlow.
    const float TensorFlowEps = 1e-3f,
        PyTorchEps = 1e-5f;

    // B5 has three blocks in its first stage, B4 two.
    const int DeepFirstStage = 3;

    /// <summary>A row of the tables, before it is scaled.</summary>
    /// <param name="IsFused">Whether its blocks widen by a k×k convolution.</param>
    /// <param name="Widening">Channels within a block by those that it reads.</param>
    /// <param name="Kernel">Of the wide convolution.</param>
    /// <param name="Width">Channels of the result.</param>
    /// <param name="Depth">Blocks.</param>
    readonly record struct Stage(bool IsFused, int Widening, int Kernel, int Width, int Depth);

    /// <summary>A network of known sizes.</summary>
    readonly record struct Variant(string Name, int StemWidth, int LastWidth, ImmutableArray<Stage> Stages, PhotographSize Size);

    /// <summary>Stride of each stage's first block: the same in both tables.</summary>
    public static ImmutableArray<int> StageStrides { get; } = [1, 2, 2, 2, 1, 2, 1];

    // Sizes of photographs are those of torchvision's weights.
    static readonly ImmutableArray<Variant> Known =
    [
        Scaled("efficientnet_b0", 1.0, 1.0, new(256, 224)),
        Scaled("efficientnet_b1", 1.0, 1.1, new(256, 240)),
        Scaled("efficientnet_b2", 1.1, 1.2, new(288, 288)),
        Scaled("efficientnet_b3", 1.2, 1.4, new(320, 300)),
        Scaled("efficientnet_b4", 1.4, 1.8, new(384, 380)),
        Scaled("efficientnet_b5", 1.6, 2.2, new(456, 456)),
        Scaled("efficientnet_b6", 1.8, 2.6, new(528, 528)),
        Scaled("efficientnet_b7", 2.0, 3.1, new(600, 600)),
        new(
            "efficientnet_v2_s",
            24,
            1280,
            [
                new(true, 1, 3, 24, 2),
                new(true, 4, 3, 48, 4),
                new(true, 4, 3, 64, 4),
                new(false, 4, 3, 128, 6),
                new(false, 6, 3, 160, 9),
                new(false, 6, 3, 256, 15),
            ],
            new(384, 384)
        ),
        new(
            "efficientnet_v2_m",
            24,
            1280,
            [
                new(true, 1, 3, 24, 3),
                new(true, 4, 3, 48, 5),
                new(true, 4, 3, 80, 5),
                new(false, 4, 3, 160, 7),
                new(false, 6, 3, 176, 14),
                new(false, 6, 3, 304, 18),
                new(false, 6, 3, 512, 5),
            ],
            new(480, 480)
        ),
        new(
            "efficientnet_v2_l",
            32,
            1280,
            [
                new(true, 1, 3, 32, 4),
                new(true, 4, 3, 64, 7),
                new(true, 4, 3, 96, 7),
                new(false, 4, 3, 192, 10),
                new(false, 6, 3, 224, 19),
                new(false, 6, 3, 384, 25),
                new(false, 6, 3, 640, 7),
            ],
            new(480, 480)
        ),
    ];

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = "an EfficientNet",
            Names = [.. Known.Select(known => known.Name)],
            IsIn = shapes =>
                shapes.Has("features.0.0") && shapes.Numbers("features.").Any(stage => shapes.HasModule($"features.{stage}.0.block.0.0")),
            Read = Read,
            Define = Define,
            SizeOf = name => Known.FirstOrDefault(known => known.Name == name) is { Name: not null } known ? known.Size : new(),
        };

    /// <summary>Blocks of the family: SiLU everywhere, a sigmoid as the gate.</summary>
    public static InvertedResidual Blocks(LayerReading reading) =>
        new(reading, reading.Graph.Silu, reading.Graph.Silu, reading.Graph.Sigmoid);

    static Graph Read(LayerShapes shapes, Pair size)
    {
        int[] stages = [.. shapes.Numbers("features.").Where(stage => shapes.Numbers($"features.{stage}.").Any(i => IsBlock(stage, i)))];
        bool isDeep = shapes.HasModule($"features.1.{DeepFirstStage - 1}.block"),
            hasFused = shapes.Weight("features.1.0.block.0.0") is { Rank: 4 } first && first[1] > 1 && first[2] > 1;
        var reading = new LayerReading(shapes, "features.0.0", size) { Eps = isDeep || hasFused ? TensorFlowEps : PyTorchEps };
        var blocks = Blocks(reading);
        int x = blocks.Activation(reading.ConvNorm(reading.Images, "features.0.0", "features.0.1", 2));
        if (stages.Length > StageStrides.Length)
            throw new MisfitException($"features.{stages[^1]}", $"expected at most {StageStrides.Length} stages, got {stages.Length}");
        for (int stage = 1; stage <= stages.Length; stage++)
        for (int i = 0; i == 0 || IsBlock(stage, i); i++)
        {
            string block = $"features.{stage}.{i}.block";
            int stride = i == 0 ? StageStrides[stage - 1] : 1;
            x =
                shapes.Weight($"{block}.0.0") is { Rank: 4 } wide && wide[1] > 1 && wide[2] > 1
                    ? blocks.AppendFused(x, Part(block, 0), shapes.HasModule($"{block}.1") ? Part(block, 1) : null, stride)
                    : blocks.Append(x, BlockNames.OfList(shapes, block), stride);
        }

        string last = $"features.{stages.Length + 1}";
        reading.PooledHead(blocks.Activation(reading.ConvNorm(x, $"{last}.0", $"{last}.1")), "classifier.1");
        return reading.Build(Family.Title);

        bool IsBlock(int stage, int i) => shapes.HasModule($"features.{stage}.{i}.block");
    }

    static (string Conv, string Norm) Part(string block, int part) => ($"{block}.{part}.0", $"{block}.{part}.1");

    /// <summary>A network of the first paper: B0 with all widths and depths scaled.</summary>
    static Variant Scaled(string name, double width, double depth, PhotographSize size)
    {
        ImmutableArray<Stage> stages =
        [
            new(false, 1, 3, 16, 1),
            new(false, 6, 3, 24, 2),
            new(false, 6, 5, 40, 2),
            new(false, 6, 3, 80, 3),
            new(false, 6, 5, 112, 3),
            new(false, 6, 5, 192, 4),
            new(false, 6, 3, 320, 1),
        ];
        ImmutableArray<Stage> scaled =
        [
            .. stages.Select(stage =>
                stage with
                {
                    Width = Widths.Rounded(stage.Width * width),
                    Depth = (int)Math.Ceiling(stage.Depth * depth),
                }
            ),
        ];
        return new(name, Widths.Rounded(32 * width), 4 * scaled[^1].Width, scaled, size);
    }

    static LayerShapes Define(string name, int classes, int channels)
    {
        var shapes = new LayerShapesBuilder();
        var known = Known.First(known => known.Name == name);
        int x = ConvNorm("features.0", known.StemWidth, channels, 3);
        for (int stage = 0; stage < known.Stages.Length; stage++)
        for (int i = 0; i < known.Stages[stage].Depth; i++)
            x = Block($"features.{stage + 1}.{i}.block", known.Stages[stage], x);
        ConvNorm($"features.{known.Stages.Length + 1}", known.LastWidth, x, 1);
        shapes.Linear("classifier.1", classes, known.LastWidth);
        return shapes.Build();

        int Block(string block, Stage stage, int inChannels)
        {
            int inner = stage.Widening * inChannels,
                part = 0;
            if (stage.IsFused && stage.Widening == 1)
                return ConvNorm($"{block}.0", stage.Width, inChannels, stage.Kernel);
            if (stage.IsFused)
                ConvNorm($"{block}.{part++}", inner, inChannels, stage.Kernel);
            else
            {
                if (stage.Widening > 1)
                    ConvNorm($"{block}.{part++}", inner, inChannels, 1);
                ConvNorm($"{block}.{part++}", inner, 1, stage.Kernel);
                int squeezed = Math.Max(1, inChannels / 4);
                shapes.Conv($"{block}.{part}.fc1", squeezed, inner, 1, true);
                shapes.Conv($"{block}.{part++}.fc2", inner, squeezed, 1, true);
            }

            return ConvNorm($"{block}.{part}", stage.Width, inner, 1);
        }

        int ConvNorm(string layer, int outChannels, int inChannels, int kernel)
        {
            shapes.Conv($"{layer}.0", outChannels, inChannels, kernel);
            shapes.Norm($"{layer}.1", outChannels);
            return outChannels;
        }
    }
}
