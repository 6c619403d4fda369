using Pqf.Nets.Detection;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Joints;

/// <summary>Detections in an ONNX graph before their masks, as <see cref="DetectionFilter"/> chooses them.</summary>
/// <param name="Boxes">[n, 4], in pixels of the resized image.</param>
/// <param name="Labels">[n], from 1.</param>
/// <param name="Scores">[n], by falling score.</param>
sealed record OnnxDetections(OnnxValue Boxes, OnnxValue Labels, OnnxValue Scores)
{
    /// <summary>Detections from the box head's output for its proposals.</summary>
    /// <param name="proposals">[r, 4].</param>
    /// <param name="logits">[r, classes].</param>
    /// <param name="codes">[r, 4 · classes].</param>
    /// <param name="resized">Rows and columns of the resized image, single precision [2].</param>
    /// <param name="classCount">With the background.</param>
    /// <param name="options">Thresholds.</param>
    public static OnnxDetections Of(
        OnnxValue proposals,
        OnnxValue logits,
        OnnxValue codes,
        OnnxValue resized,
        int classCount,
        MaskRcnnOptions options
    )
    {
        var formula = proposals.In;
        var classes = formula.Range(1, formula.Whole(classCount));
        var probabilities = formula.Of("Softmax", [logits], OnnxMessages.Attribute("axis", 1)).Gather(classes, 1);
        var box = OnnxBox
            .Decode(BoxCoder.OfDetections(options), codes.Reshape(-1, classCount, 4).Gather(classes, 1), OnnxBox.Of(proposals.Unsqueeze(1)))
            .Clip(resized.Gather(formula.Whole(0), 0), resized.Gather(formula.Whole(1), 0));
        var isFound = formula.All(probabilities > formula.Number(options.BoxScoreThresh), box.AreAtLeast(options.BoxMinSize).Squeeze(2));
        var places = isFound.Map("NonZero").Transpose(1, 0); // proposal by proposal, [n, 2]
        return new OnnxDetections(
            formula.Of("GatherND", [box.Join(2), places]),
            places.Gather(formula.Whole(1), 1) + 1L,
            formula.Of("GatherND", [probabilities, places])
        ).Best(classes, options);
    }

    /// <summary>Those that no other one of their class and a higher score overlaps.</summary>
    OnnxDetections Best(OnnxValue classes, MaskRcnnOptions options)
    {
        var formula = Boxes.In;
        // A row for each class, in which boxes of others have the score of none
        var isOwn = formula.Of("Equal", [classes.Unsqueeze(1), Labels.Unsqueeze(0)]);
        var scores = formula.Of("Where", [isOwn, Scores.Unsqueeze(0), formula.Number(-1)]);
        var kept = formula.Suppressed(Boxes, scores, options.BoxDetectionsPerImg, options.BoxNmsThresh);
        // In the order of candidates again: of equal scores the first one is taken
        var isKept = formula.Of("ScatterElements", [Labels * 0L, kept, (kept * 0L) + 1L]);
        kept = isKept.Map("NonZero").Squeeze(0);
        var (best, numbers) = formula.Largest(Scores.Gather(kept, 0), options.BoxDetectionsPerImg);
        kept = kept.Gather(numbers, 0);
        return new(Boxes.Gather(kept, 0), Labels.Gather(kept, 0), best);
    }

    /// <summary>The boxes in pixels of the photograph.</summary>
    /// <param name="image">Its sizes.</param>
    public OnnxValue InPhotograph(OnnxImage image)
    {
        var formula = Boxes.In;
        var factor = image.Size.Cast(DType.F32) / image.Resized.Cast(DType.F32);
        return Boxes * factor.Gather(formula.Wholes(1, 0, 1, 0), 0);
    }
}
