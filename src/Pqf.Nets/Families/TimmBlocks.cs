using System.Collections.Immutable;
using Pqf.Nets.Graphs;

namespace Pqf.Nets.Families;

/// <summary>MobileNetV2, MobileNetV3 and EfficientNet with timm's names: <c>conv_stem</c>, <c>blocks.1.0.conv_dw</c>,
/// <c>conv_head</c>.</summary>
/// <remarks>Many other networks of timm have these names too. Only those are read whose activations follow from the shapes; the others are
/// refused.</remarks>
static class TimmBlocks
{
    const int StageCount = 7;

    // Without the last stage, which is a single convolution.
    static readonly ImmutableArray<ImmutableArray<int>> V3Depths =
    [
        [1, 2, 3, 4, 2, 3],
        [1, 2, 3, 2, 3],
    ];

    const string Title = "a MobileNet or EfficientNet of timm's";

    // timm's for networks whose names begin with tf_.
    const float TensorFlowEps = 1e-3f;

    /// <summary>The family.</summary>
    public static StructureFamily Family { get; } =
        new()
        {
            Title = Title,
            Names = [],
            IsIn = shapes => shapes.Has("conv_stem") && shapes.HasModule("blocks.0.0"),
            Read = (shapes, size) => Read(new LayerReading(shapes, "conv_stem", size)),
            Define = (name, _, _) => throw new ArgumentException($"TimmBlocks: expected no name, got {name}", nameof(name)),
            Doubt = _ =>
                "names are timm's; taken are padding by half the kernel and an eps of 1e-5 in all norms. timm's tf_ networks have the same "
                + "names and other padding and eps: model.arch with their name reads them so",
            OfTensorFlow = new()
            {
                Title = Title,
                Names = [],
                IsIn = _ => false,
                Read = (shapes, size) => Read(new LayerReading(shapes, "conv_stem", size) { Eps = TensorFlowEps, HasSamePadding = true }),
                Define = (name, _, _) => throw new ArgumentException($"TimmBlocks: expected no name, got {name}", nameof(name)),
                Doubt = _ => "padding and eps are those of timm's tf_ networks",
            },
        };

    static Graph Read(LayerReading reading)
    {
        var shapes = reading.Shapes;
        ImmutableArray<ImmutableArray<string>> stages =
        [
            .. shapes
                .Numbers("blocks.")
                .Select((_, stage) => shapes.Numbers($"blocks.{stage}.").Select(i => $"blocks.{stage}.{i}").ToImmutableArray()),
        ];
        var blocks = stages.SelectMany(stage => stage).ToArray();
        bool hasHeadNorm = shapes.Has("bn2"),
            isSqueezed = blocks.Any(block => shapes.Has($"{block}.se.conv_reduce")),
            hasFused = blocks.Any(block => shapes.Has($"{block}.conv_exp"));
        if (!hasHeadNorm && isSqueezed && shapes.Find("conv_head.bias") is not null)
            return MobileNetV3(reading, stages);
        if (hasHeadNorm && (hasFused ? isSqueezed : Array.TrueForAll(blocks, block => shapes.Has($"{block}.se.conv_reduce"))))
            return Staged(reading, stages, EfficientNet.Blocks(reading));
        if (hasHeadNorm && !isSqueezed && stages.Length == StageCount && Array.TrueForAll(blocks, block => IsOf3X3(shapes, block)))
            return Staged(reading, stages, InvertedResidual.Plain(reading, MobileNetV2.Activation(reading.Graph)));
        throw new MisfitException(
            "blocks.0.0",
            "expected the layers of a MobileNetV2, a MobileNetV3 or an EfficientNet; timm has other networks with these names, whose "
                + "activations a state dict does not show: export the network to ONNX"
        );
    }

    static bool IsOf3X3(LayerShapes shapes, string block) =>
        shapes.Weight($"{block}.conv_dw") is { Rank: 4 } weight && weight[2] == 3 && weight[3] == 3;

    static Graph Staged(LayerReading reading, ImmutableArray<ImmutableArray<string>> stages, InvertedResidual blocks)
    {
        int x = blocks.Activation(reading.ConvNorm(reading.Images, "conv_stem", "bn1", 2));
        if (stages.Length > EfficientNet.StageStrides.Length)
            throw new MisfitException(stages[^1][0], $"expected at most {EfficientNet.StageStrides.Length} stages, got {stages.Length}");
        foreach (var (stage, first) in stages.Zip(EfficientNet.StageStrides))
            for (int i = 0; i < stage.Length; i++)
                x = Append(reading.Shapes, blocks, x, stage[i], i == 0 ? first : 1);
        reading.PooledHead(blocks.Activation(reading.ConvNorm(x, "conv_head", "bn2")), "classifier");
        return reading.Build(Title);
    }

    static int Append(LayerShapes shapes, InvertedResidual blocks, int x, string block, int stride) =>
        shapes.Has($"{block}.conv_exp")
            ? blocks.AppendFused(x, ($"{block}.conv_exp", $"{block}.bn1"), ($"{block}.conv_pwl", $"{block}.bn2"), stride)
        : shapes.Has($"{block}.conv") ? blocks.AppendFused(x, ($"{block}.conv", $"{block}.bn1"), null, stride)
        : blocks.Append(x, NamesOf(shapes, block), stride);

    static Graph MobileNetV3(LayerReading reading, ImmutableArray<ImmutableArray<string>> stages)
    {
        var graph = reading.Graph;
        ImmutableArray<int> depths = [.. stages.SkipLast(1).Select(stage => stage.Length)];
        if (!V3Depths.Any(known => known.SequenceEqual(depths)))
            throw new MisfitException(
                "blocks",
                $"expected stages of {string.Join(" or ", V3Depths.Select(Text))} blocks, got {Text(depths)}"
            );
        int x = graph.HardSwish(reading.ConvNorm(reading.Images, "conv_stem", "bn1", 2));
        BlockNames[] blocks = [.. stages.SkipLast(1).SelectMany(stage => stage).Select(block => NamesOf(reading.Shapes, block))];
        x = Families.MobileNetV3.Append(reading, x, [.. blocks], "blocks");
        string last = stages[^1][0];
        x = graph.HardSwish(reading.ConvNorm(x, $"{last}.conv", $"{last}.bn1"));
        x = graph.HardSwish(reading.Conv(graph.GlobalAvgPool(x), "conv_head"));
        reading.Linear(graph.Flatten(x), "classifier");
        return reading.Build(Title);
    }

    static BlockNames NamesOf(LayerShapes shapes, string block)
    {
        (string, string)? squeeze = shapes.HasModule($"{block}.se") ? ($"{block}.se.conv_reduce", $"{block}.se.conv_expand") : null;
        return shapes.HasModule($"{block}.bn3")
            ? new(
                ($"{block}.conv_pw", $"{block}.bn1"),
                ($"{block}.conv_dw", $"{block}.bn2"),
                squeeze,
                ($"{block}.conv_pwl", $"{block}.bn3")
            )
            : new(null, ($"{block}.conv_dw", $"{block}.bn1"), squeeze, ($"{block}.conv_pw", $"{block}.bn2"));
    }

    static string Text(ImmutableArray<int> depths) => string.Join(", ", depths);
}
