using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Layers;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Transposed;

namespace Pqf.Nets.Detection;

/// <summary>
/// Mask R-CNN (He et al. 2017, arXiv 1703.06870) with a feature pyramid (Lin et al. 2017, arXiv 1612.03144) on ResNet-50, with
/// torchvision's first layer names: <c>backbone.fpn.inner_blocks.0</c>,
/// <c>rpn.head.conv</c>, <c>roi_heads.mask_head.mask_fcn1</c>. <see cref="DetectorNames"/> knows the other ones.
/// </summary>
/// <remarks>The graphs are joined by functions on boxes. The whole network is one graph too, for its parameters, its costs and its
/// permutation groups: there, a <see cref="RoiAlignLayer"/> stands for what is between them.</remarks>
/// <param name="Features">Images [N, H, W, 3], sides of whole multiples of 32, to the levels P2 … P6, [N, H / 4, W / 4, C] and on by
/// halves.</param>
/// <param name="Proposals">A level [N, H, W, C] to objectness [N, H, W, A] and coded boxes [N, H, W, 4A] of the A anchors at each
/// place.</param>
/// <param name="Boxes">Cells [R, 7, 7, C] to class logits [R, classes] and coded boxes [R, 4 · classes].</param>
/// <param name="Masks">Cells [R, 14, 14, C] to mask logits [R, 28, 28, classes].</param>
public sealed record MaskRcnn(Graph Features, Graph Proposals, Graph Boxes, Graph Masks)
{
    /// <summary>The name in configurations.</summary>
    public const string Name = "maskrcnn";

    /// <summary>Classes of COCO and the background.</summary>
    public const int DefaultClassCount = 91;

    /// <summary>Channels of the body's first stage in ResNet-50.</summary>
    public const int DefaultWidth = 64;

    const int MaxClassCount = 10_000,
        MaxWidth = 256,
        MaxChannels = 4096;

    const string Body = "backbone.body.",
        Stem = Body + "conv1",
        Head = "roi_heads.box_predictor.cls_score",
        PyramidOutput = "backbone.fpn.layer_blocks.",
        Features6 = "roi_heads.box_head.fc6",
        MaskConv = "roi_heads.mask_head.mask_fcn";

    /// <summary>Mask R-CNN among the known families.</summary>
    public static NetworkFamily Family { get; } =
        new()
        {
            Names = [Name],
            Task = NetworkTask.Detection,
            Build = Build,
            Stem = Stem,
            Head = Head,
            DefaultWidth = _ => DefaultWidth,
            DefaultClassCount = DefaultClassCount,
            DefaultInChannels = Photograph.Channels,
            OptionsOf = OptionsOf,
            OptionsFormat = new("mask_rcnn", MaskRcnnJson.Default.MaskRcnnOptions, new MaskRcnnOptions()),
            CanonicalName = DetectorNames.Canonical,
            // torchvision trains three of the body's five stages (trainable_backbone_layers).
            FrozenWhenDense = [Stem, Body + "layer1"],
            Draw = DetectorInitialise.Draw,
            InputSide = InputSide,
        };

    /// <summary>The graphs of a network.</summary>
    /// <exception cref="ArgumentException">The architecture is none that <see cref="Build"/> takes.</exception>
    public static MaskRcnn Of(Architecture architecture)
    {
        if (Problem(architecture) is { } problem)
            throw new ArgumentException($"MaskRcnn: {problem.Message}", nameof(architecture));
        var options = MaskRcnnOptions.Of(architecture);
        Graph Head(Func<GraphBuilder, int, ImmutableArray<int>> layers)
        {
            var graph = new GraphBuilder();
            return graph.Build(layers(graph, graph.Input(options.FpnChannels)));
        }

        var features = new GraphBuilder();
        return new(
            features.Build(Pyramid(features, architecture, options)),
            Head((graph, x) => ProposalHead(graph, x, options)),
            Head((graph, x) => BoxHead(graph, x, architecture.ClassCount, options)),
            Head((graph, x) => [MaskHead(graph, x, architecture.ClassCount, options)])
        );
    }

    /// <summary>The whole network as one graph: objectness and coded boxes of every level, then class logits, coded boxes and mask logits
    /// of boxes that are given.</summary>
    /// <returns>The graph, or an error that says which number is out of range.</returns>
    public static Result<Graph, PqfError> Build(Architecture architecture)
    {
        if (Problem(architecture) is { } problem)
            return problem;
        var options = MaskRcnnOptions.Of(architecture);
        var graph = new GraphBuilder();
        ImmutableArray<int> levels = Pyramid(graph, architecture, options),
            pooled = levels[..^1];
        ImmutableArray<int> proposals = [.. levels.SelectMany(level => ProposalHead(graph, level, options))];
        ImmutableArray<int> boxes = BoxHead(
            graph,
            graph.RoiAlign(pooled, Pooling(options, options.BoxRoiSize, options.RpnPostNmsTopNTest)),
            architecture.ClassCount,
            options
        );
        int masks = MaskHead(
            graph,
            graph.RoiAlign(pooled, Pooling(options, options.MaskRoiSize, options.BoxDetectionsPerImg)),
            architecture.ClassCount,
            options
        );
        return graph.Build([.. proposals, .. boxes, masks]);
    }

    /// <summary>How boxes are cut into cells.</summary>
    /// <param name="options">Sampling and levels.</param>
    /// <param name="size">Cells, a side.</param>
    /// <param name="boxCount">Most boxes of an image.</param>
    internal static RoiPooling Pooling(MaskRcnnOptions options, int size, int boxCount) =>
        new(size, options.RoiSamplingRatio, options.RoiCanonicalScale, options.RoiCanonicalLevel, boxCount);

    /// <summary>Channels of pyramid and heads, where they are not the usual ones.</summary>
    static MaskRcnnOptions? OptionsOf(WeightShapes shapes)
    {
        var usual = new MaskRcnnOptions();
        var found = usual with
        {
            FpnChannels = shapes.Rows(PyramidOutput + "0") ?? usual.FpnChannels,
            RepresentationSize = shapes.Rows(Features6) ?? usual.RepresentationSize,
            MaskChannels = shapes.Rows(MaskConv + "1") ?? usual.MaskChannels,
        };
        return
            (found.FpnChannels, found.RepresentationSize, found.MaskChannels)
            == (usual.FpnChannels, usual.RepresentationSize, usual.MaskChannels)
            ? null
            : found;
    }

    static int InputSide(Architecture architecture)
    {
        var options = MaskRcnnOptions.Of(architecture);
        return (options.MinSize + options.SizeDivisible - 1) / options.SizeDivisible * options.SizeDivisible;
    }

    static PqfError.Config? Problem(Architecture architecture)
    {
        var options = MaskRcnnOptions.Of(architecture);
        if (architecture.ClassCount is < 2 or > MaxClassCount || architecture.InChannels != Photograph.Channels)
            return new(
                "model",
                "arch",
                $"expected 2 to {MaxClassCount} classes, the background among them, and {Photograph.Channels} input channels, got "
                    + $"{architecture.ClassCount} and {architecture.InChannels}"
            );
        if (architecture.Width is < 1 or > MaxWidth)
            return new("model", "width", $"expected 1 to {MaxWidth} channels in the first stage, got {architecture.Width}");
        if (
            options.FpnChannels is < 1 or > MaxChannels
            || options.RepresentationSize is < 1 or > MaxChannels
            || options.MaskChannels is < 1 or > MaxChannels
        )
            return new(
                "model",
                "maskrcnn",
                $"expected 1 to {MaxChannels} channels in pyramid and heads, got {options.FpnChannels}, "
                    + $"{options.RepresentationSize} and {options.MaskChannels}"
            );
        return options.AnchorSizes.Length == LevelCount && !options.AspectRatios.IsEmpty
            ? null
            : new(
                "model",
                "maskrcnn",
                $"expected an anchor size for each of {LevelCount} levels and an aspect ratio, got {options.AnchorSizes.Length} "
                    + $"and {options.AspectRatios.Length}"
            );
    }

    /// <summary>P2 … P6.</summary>
    internal const int LevelCount = 5;

    /// <summary>Body and pyramid; the levels' numbers, from the finest.</summary>
    static ImmutableArray<int> Pyramid(GraphBuilder graph, Architecture architecture, MaskRcnnOptions options)
    {
        ImmutableArray<int> stages = ResNet.FrozenBody(
            graph,
            graph.Input(architecture.InChannels),
            Body,
            architecture.Width ?? DefaultWidth,
            options.NormEps
        );
        int[] inner =
        [
            .. stages.Select((stage, i) => graph.Conv2d(stage, $"backbone.fpn.inner_blocks.{i}", options.FpnChannels, 1, hasBias: true)),
        ];
        for (int i = stages.Length - 2; i >= 0; i--)
            // Sized like the stage: the convolution has one reader, and takes the sum in
            inner[i] = graph.Add(inner[i], graph.Upsample(inner[i + 1], stages[i]));

        ImmutableArray<int> levels =
        [
            .. inner.Select(
                (x, i) => graph.Conv2d(x, $"{PyramidOutput}{i}", options.FpnChannels, 3, new Conv2dOptions { Padding = 1 }, hasBias: true)
            ),
        ];
        return [.. levels, graph.MaxPool2d(levels[^1], 1, 2, 0)];
    }

    static ImmutableArray<int> ProposalHead(GraphBuilder graph, int x, MaskRcnnOptions options)
    {
        x = graph.Relu(graph.Conv2d(x, "rpn.head.conv", options.FpnChannels, 3, new Conv2dOptions { Padding = 1 }, hasBias: true));
        return
        [
            graph.Conv2d(x, "rpn.head.cls_logits", options.AnchorsPerPlace, 1, hasBias: true),
            graph.Conv2d(x, "rpn.head.bbox_pred", 4 * options.AnchorsPerPlace, 1, hasBias: true),
        ];
    }

    static ImmutableArray<int> BoxHead(GraphBuilder graph, int x, int classCount, MaskRcnnOptions options)
    {
        int features = options.FpnChannels * options.BoxRoiSize * options.BoxRoiSize;
        x = graph.Relu(graph.Linear(graph.Flatten(x), Features6, features, options.RepresentationSize));
        x = graph.Relu(graph.Linear(x, "roi_heads.box_head.fc7", options.RepresentationSize, options.RepresentationSize));
        return
        [
            graph.Linear(x, Head, options.RepresentationSize, classCount),
            graph.Linear(x, "roi_heads.box_predictor.bbox_pred", options.RepresentationSize, 4 * classCount),
        ];
    }

    static int MaskHead(GraphBuilder graph, int x, int classCount, MaskRcnnOptions options)
    {
        for (int i = 1; i <= 4; i++)
            x = graph.Relu(graph.Conv2d(x, $"{MaskConv}{i}", options.MaskChannels, 3, new Conv2dOptions { Padding = 1 }, hasBias: true));
        x = graph.Relu(
            graph.ConvTranspose2d(
                x,
                "roi_heads.mask_predictor.conv5_mask",
                options.MaskChannels,
                2,
                new ConvTranspose2dOptions { Stride = 2 }
            )
        );
        return graph.Conv2d(x, "roi_heads.mask_predictor.mask_fcn_logits", classCount, 1, hasBias: true);
    }
}
