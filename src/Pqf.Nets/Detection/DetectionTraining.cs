using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Architectures;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Nets.Detection;

/// <summary>What a step of training does with a batch, in this order.</summary>
public enum DetectionTrainingStage
{
    /// <summary>Resizing and normalising.</summary>
    Images,

    /// <summary>Body and pyramid.</summary>
    Features,

    /// <summary>The proposal head on every level.</summary>
    ProposalHead,

    /// <summary>Matching and drawing anchors, and their two losses.</summary>
    Anchors,

    /// <summary>Choosing proposals, matching and drawing them.</summary>
    Proposals,

    /// <summary>Cells of the proposals, the box head and its two losses.</summary>
    BoxHead,

    /// <summary>Cells of the objects' proposals, the mask head, its targets and its loss.</summary>
    MaskHead,

    /// <summary>The gradient back through the mask head and its cells.</summary>
    MaskHeadBackward,

    /// <summary>The gradient back through the box head and its cells.</summary>
    BoxHeadBackward,

    /// <summary>The gradient back through the proposal head.</summary>
    ProposalHeadBackward,

    /// <summary>The gradient back through pyramid and body; ends where the caller says that the step ends.</summary>
    FeaturesBackward,
}

/// <summary>The losses of a Mask R-CNN on a tape.</summary>
/// <remarks>Built once for a run; it reads the parameters' tensors, which an optimizer overwrites in place. Indices of codes belong to the
/// scope in which it was made.</remarks>
public sealed class DetectionTraining
{
    readonly Device device;
    readonly MaskRcnnOptions options;
    readonly TrainingPlan features,
        proposals,
        boxes,
        masks;

    DetectionTraining(Architecture architecture, Parameters parameters)
    {
        (device, options) = (parameters.Tensors().First().Device, MaskRcnnOptions.Of(architecture));
        var parts = MaskRcnn.Of(architecture);
        int least = options.SizeDivisible,
            channels = options.FpnChannels;
        features = TrainingPlan.Create(parts.Features, parameters, [1, least, least, Photograph.Channels]);
        proposals = TrainingPlan.Create(parts.Proposals, parameters, [1, least, least, channels]);
        boxes = TrainingPlan.Create(parts.Boxes, parameters, [1, options.BoxRoiSize, options.BoxRoiSize, channels]);
        masks = TrainingPlan.Create(parts.Masks, parameters, [1, options.MaskRoiSize, options.MaskRoiSize, channels]);
    }

    /// <summary>Prepares a network for training.</summary>
    /// <param name="architecture">A <c>maskrcnn</c>, with its thresholds.</param>
    /// <param name="parameters">Everything that its graph needs, dense or quantised, on the device to train on.</param>
    /// <exception cref="ArgumentException">The architecture is no Mask R-CNN that can be built.</exception>
    public static DetectionTraining Create(Architecture architecture, Parameters parameters) => new(architecture, parameters);

    /// <summary>Records the losses of a batch.</summary>
    /// <param name="tape">Its scope is the innermost one.</param>
    /// <param name="variables">Tensors with gradients, named as by <see cref="Trainable"/> of the whole network; those that are missing are
    /// constants.</param>
    /// <param name="images">One at least.</param>
    /// <param name="targets">One for each image; an image without objects trains on background alone.</param>
    /// <param name="key">Draws the anchors and boxes that train.</param>
    /// <param name="afterStage">Called after each stage but the last, those of <see cref="Tape.Backward"/> too, for measurements.</param>
    /// <exception cref="ShapeException">A target has lists of different lengths, or a mask of another size than its image.</exception>
    public DetectionLosses Losses(
        Tape tape,
        IReadOnlyDictionary<string, Variable> variables,
        IReadOnlyList<Photograph> images,
        IReadOnlyList<DetectionTarget> targets,
        RngKey key,
        Action<DetectionTrainingStage>? afterStage = null
    )
    {
        if (images.Count != targets.Count)
            throw new ShapeException("DetectionTraining", $"expected a target for each of {images.Count} images, got {targets.Count}");
        var stages = new Stages(tape, afterStage);
        var batch = ImageBatch.Of(device, images, options);
        ImmutableArray<ResizedTarget> resized = [.. targets.Select((target, i) => ResizedTarget.Of(target, images[i], batch.Sizes[i]))];
        stages.Ended(DetectionTrainingStage.Images);
        ImmutableArray<Variable> levels = features.Run(tape, variables, batch.Images, NormMode.Running).Outputs;
        stages.Ended(DetectionTrainingStage.Features, DetectionTrainingStage.ProposalHeadBackward);
        ImmutableArray<RecordedForward> heads = [.. levels.Select(level => proposals.Run(tape, variables, level, NormMode.Running))];
        ImmutableArray<LevelProposals> coded =
        [
            .. heads.Select(
                (head, i) =>
                    LevelProposals.Of(batch, levels[i].Shape, options.AnchorSizes[i], options, head.Outputs[0].Value, head.Outputs[1].Value)
            ),
        ];
        stages.Ended(DetectionTrainingStage.ProposalHead);
        var (objectness, rpnBoxReg) = ProposalLoss.Record(tape, heads, coded, resized, options, key.Fold("anchors"));
        stages.Ended(DetectionTrainingStage.Anchors);
        ImmutableArray<SampledBox> sampled = Sample(coded, batch, resized, key.Fold("boxes"));
        stages.Ended(DetectionTrainingStage.Proposals, DetectionTrainingStage.BoxHeadBackward);
        var (classifier, boxReg) = BoxLosses(tape, variables, levels[..^1], sampled, resized);
        stages.Ended(DetectionTrainingStage.BoxHead, DetectionTrainingStage.MaskHeadBackward);
        var mask = MaskLoss(
            tape,
            variables,
            levels[..^1],
            [.. sampled.Where(box => box.Object >= 0 && resized[box.Image].Masks[box.Object] is not null)],
            resized
        );
        stages.Ended(DetectionTrainingStage.MaskHead);
        foreach (var value in levels.Concat(heads.SelectMany(head => head.Outputs)))
            tape.Done(value);
        return new(classifier, boxReg, mask, objectness, rpnBoxReg);
    }

    /// <summary>Tells of stages as they end.</summary>
    sealed class Stages(Tape tape, Action<DetectionTrainingStage>? afterStage)
    {
        public void Ended(DetectionTrainingStage stage) => afterStage?.Invoke(stage);

        /// <summary>A stage has ended; on the way back, another one ends here.</summary>
        public void Ended(DetectionTrainingStage stage, DetectionTrainingStage backward)
        {
            Ended(stage);
            if (afterStage is not null)
                tape.Mark(() => afterStage(backward));
        }
    }

    ImmutableArray<SampledBox> Sample(
        ImmutableArray<LevelProposals> coded,
        ImageBatch batch,
        ImmutableArray<ResizedTarget> targets,
        RngKey key
    )
    {
        var filter = new ProposalFilter(options, options.RpnPreNmsTopNTrain, options.RpnPostNmsTopNTrain);
        return
        [
            .. targets.SelectMany(
                (target, image) =>
                    BoxLoss.Sample(filter.Of(coded, image, batch.Sizes[image], device), image, target, options, key.Fold((ulong)image))
            ),
        ];
    }

    (Variable Classifier, Variable BoxReg) BoxLosses(
        Tape tape,
        IReadOnlyDictionary<string, Variable> variables,
        ImmutableArray<Variable> levels,
        ImmutableArray<SampledBox> sampled,
        ImmutableArray<ResizedTarget> targets
    )
    {
        if (sampled.IsEmpty)
            return (Zero(), Zero());
        var cells = RoiCells.Record(
            tape,
            levels,
            [.. sampled.Select(box => box.Roi)],
            MaskRcnn.Pooling(options, options.BoxRoiSize, sampled.Length)
        );
        ImmutableArray<Variable> outputs = boxes.Run(tape, variables, cells, NormMode.Running).Outputs;
        tape.Done(cells);
        var losses = BoxLoss.Record(tape, outputs[0], outputs[1], sampled, targets, options);
        tape.Done(outputs[0]);
        tape.Done(outputs[1]);
        return losses;
    }

    Variable MaskLoss(
        Tape tape,
        IReadOnlyDictionary<string, Variable> variables,
        ImmutableArray<Variable> levels,
        ImmutableArray<SampledBox> positive,
        ImmutableArray<ResizedTarget> targets
    )
    {
        if (positive.IsEmpty)
            return Zero();
        var cells = RoiCells.Record(
            tape,
            levels,
            [.. positive.Select(box => box.Roi)],
            MaskRcnn.Pooling(options, options.MaskRoiSize, positive.Length)
        );
        var logits = masks.Run(tape, variables, cells, NormMode.Running).Output;
        tape.Done(cells);
        var loss = BoxLoss.RecordMasks(tape, logits, positive, targets);
        tape.Done(logits);
        return loss;
    }

    Variable Zero() => Tape.Constant(Tensor<float>.Zeros(device, new Shape()));
}
