using System.Collections.Immutable;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Detection;

/// <summary>What a detector does with an image, in this order.</summary>
public enum DetectionStage
{
    /// <summary>Resizing and normalising.</summary>
    Image,

    /// <summary>Body and pyramid.</summary>
    Features,

    /// <summary>The proposal head on every level.</summary>
    ProposalHead,

    /// <summary>Choosing proposals.</summary>
    Proposals,

    /// <summary>Cells of the proposals and the box head.</summary>
    BoxHead,

    /// <summary>Choosing detections.</summary>
    Boxes,

    /// <summary>Cells of the detections and the mask head.</summary>
    MaskHead,
}

/// <summary>A Mask R-CNN compiled for one device: photographs in, detections out.</summary>
/// <remarks>Its weights, and memory for photographs of the commonest shape, belong to the scope in which it was made. Used by one thread at
/// a time.</remarks>
public sealed class Detector
{
    // Three to four, as most photographs are; others take memory while they are looked at.
    static readonly ImageSize Usual = new(3, 4);

    readonly Device device;
    readonly MaskRcnnOptions options;
    readonly int classCount;
    readonly InferencePlan features,
        proposals,
        boxes,
        masks;

    Detector(Architecture architecture, Parameters parameters, Device device)
    {
        (this.device, options, classCount) = (device, MaskRcnnOptions.Of(architecture), architecture.ClassCount);
        var parts = MaskRcnn.Of(architecture);
        var size = ImageBatch.PaddedSize([ImageBatch.ResizedSize(Usual, options)], options);
        Shape usual = [1, size.Height, size.Width, Photograph.Channels];
        features = InferencePlan.Compile(parts.Features, parameters, device, usual);
        proposals = InferencePlan.Compile(
            parts.Proposals,
            parameters,
            device,
            GraphShapes.Of(parts.Features, usual)[parts.Features.Outputs[0]]
        );
        boxes = InferencePlan.Compile(
            parts.Boxes,
            parameters,
            device,
            [options.RpnPostNmsTopNTest, options.BoxRoiSize, options.BoxRoiSize, options.FpnChannels]
        );
        masks = InferencePlan.Compile(
            parts.Masks,
            parameters,
            device,
            [options.BoxDetectionsPerImg, options.MaskRoiSize, options.MaskRoiSize, options.FpnChannels]
        );
    }

    /// <summary>Compiles a network.</summary>
    /// <param name="architecture">A <c>maskrcnn</c>, with its thresholds.</param>
    /// <param name="parameters">Everything that its graph needs, dense or quantised, on any device.</param>
    /// <param name="device">Where to run.</param>
    /// <exception cref="ArgumentException">The architecture is no Mask R-CNN that can be built.</exception>
    public static Detector Create(Architecture architecture, Parameters parameters, Device device) => new(architecture, parameters, device);

    /// <summary>Finds the objects of an image.</summary>
    /// <param name="image">Of any size.</param>
    /// <param name="afterStage">Called after each stage, for measurements.</param>
    public Detections Detect(Photograph image, Action<DetectionStage>? afterStage = null)
    {
        using var scope = device.BeginScope();
        var batch = ImageBatch.Of(device, [image], options);
        afterStage?.Invoke(DetectionStage.Image);
        ImmutableArray<Tensor<float>> levels = Features(batch);
        afterStage?.Invoke(DetectionStage.Features);
        ImmutableArray<LevelProposals> coded = HeadOfProposals(levels, batch);
        afterStage?.Invoke(DetectionStage.ProposalHead);
        ImmutableArray<Box> proposed = Proposals(coded, batch);
        afterStage?.Invoke(DetectionStage.Proposals);
        var (logits, codes) = HeadOfBoxes(levels, proposed);
        afterStage?.Invoke(DetectionStage.BoxHead);
        ImmutableArray<LabelledBox> found = DetectionFilter.Of(proposed, logits, codes, batch.Sizes[0], options, device);
        afterStage?.Invoke(DetectionStage.Boxes);
        float[] probabilities = HeadOfMasks(levels, found);
        afterStage?.Invoke(DetectionStage.MaskHead);
        int cells = found.IsEmpty ? 0 : probabilities.Length / found.Length;
        float x = (float)image.Width / batch.Sizes[0].Width,
            y = (float)image.Height / batch.Sizes[0].Height;
        return new(
            image.Height,
            image.Width,
            [
                .. found.Select(
                    (box, i) => new Detection(box.Box.Scale(x, y), box.Label, box.Score, probabilities.AsMemory(i * cells, cells))
                ),
            ]
        );
    }

    /// <summary>The boxes that the heads look at: proposals for the box head, boxes of objects found for the mask head.</summary>
    /// <param name="batch">One image.</param>
    public (ImmutableArray<Box> Proposed, ImmutableArray<Box> Found) BoxesOfHeads(ImageBatch batch)
    {
        using var scope = device.BeginScope();
        ImmutableArray<Tensor<float>> levels = Features(batch);
        ImmutableArray<Box> proposed = Proposals(HeadOfProposals(levels, batch), batch);
        var (logits, codes) = HeadOfBoxes(levels, proposed);
        ImmutableArray<LabelledBox> found = DetectionFilter.Of(proposed, logits, codes, batch.Sizes[0], options, device);
        return (proposed, [.. found.Select(box => box.Box)]);
    }

    /// <summary>The levels P2 … P6, in the innermost scope.</summary>
    internal ImmutableArray<Tensor<float>> Features(ImageBatch batch)
    {
        using var scope = device.BeginScope();
        var levels = features.For(batch.Images.Shape).RunAll(batch.Images);
        scope.KeepAll(levels);
        return levels;
    }

    /// <summary>Objectness and coded boxes of all levels.</summary>
    internal ImmutableArray<LevelProposals> HeadOfProposals(ImmutableArray<Tensor<float>> levels, ImageBatch batch) =>
        [
            .. levels.Select(
                (level, i) =>
                {
                    using var scope = device.BeginScope();
                    var outputs = proposals.For(level.Shape).RunAll(level);
                    return LevelProposals.Of(batch, level.Shape, options.AnchorSizes[i], options, outputs[0], outputs[1]);
                }
            ),
        ];

    internal ImmutableArray<Box> Proposals(ImmutableArray<LevelProposals> coded, ImageBatch batch) =>
        new ProposalFilter(options, options.RpnPreNmsTopNTest, options.RpnPostNmsTopNTest).Of(coded, 0, batch.Sizes[0], device);

    /// <summary>[boxes, classes] and [boxes, classes, 4].</summary>
    (float[] Logits, float[] Codes) HeadOfBoxes(ImmutableArray<Tensor<float>> levels, ImmutableArray<Box> proposed)
    {
        if (proposed.IsEmpty)
            return ([], []);
        using var scope = device.BeginScope();
        var outputs = boxes.RunAll(Cells(levels, proposed, options.BoxRoiSize));
        return (outputs[0].ToArray(), outputs[1].ToArray());
    }

    /// <summary>Probabilities of each detection's own class, [boxes, side · side].</summary>
    float[] HeadOfMasks(ImmutableArray<Tensor<float>> levels, ImmutableArray<LabelledBox> found)
    {
        if (found.IsEmpty)
            return [];
        using var scope = device.BeginScope();
        var logits = masks.Run(Cells(levels, [.. found.Select(box => box.Box)], options.MaskRoiSize));
        int cells = logits.Shape[1] * logits.Shape[2];
        int[] own = [.. found.SelectMany((box, i) => Enumerable.Range(i * cells, cells).Select(cell => (cell * classCount) + box.Label))];
        return Map.Forward<Sigmoid>(IndexSelect.Forward(logits.Reshape([logits.Shape.Count]), 0, own)).ToArray();
    }

    Tensor<float> Cells(ImmutableArray<Tensor<float>> levels, ImmutableArray<Box> found, int size) =>
        RoiCells.Forward(levels[..^1], [.. found.Select(box => new RoiBox(0, box))], MaskRcnn.Pooling(options, size, found.Length));
}
