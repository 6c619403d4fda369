using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Tensors.Formats;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Onnx.Joints;

/// <summary>The choice of proposals in an ONNX graph, as <see cref="ProposalFilter"/> makes it.</summary>
/// <param name="Image">The photograph.</param>
/// <param name="Options">Anchors and thresholds.</param>
sealed record OnnxProposals(OnnxImage Image, MaskRcnnOptions Options)
{
    /// <summary>Proposals by falling objectness, [n, 4].</summary>
    /// <param name="levels">What the proposal head says of each level: objectness [1, A, H, W] and codes [1, 4A, H, W].</param>
    public OnnxValue Of(ImmutableArray<(OnnxValue Objectness, OnnxValue Codes)> levels)
    {
        var formula = Image.Images.In;
        var found = levels.Select((level, i) => OfLevel(level.Objectness, level.Codes, Options.AnchorSizes[i])).ToArray();
        var (_, numbers) = formula.Largest(formula.Concat(0, [.. found.Select(level => level.Scores)]), Options.RpnPostNmsTopNTest);
        return formula.Concat(0, [.. found.Select(level => level.Boxes)]).Gather(numbers, 0);
    }

    (OnnxValue Boxes, OnnxValue Scores) OfLevel(OnnxValue objectness, OnnxValue codes, float anchorSize)
    {
        var formula = objectness.In;
        var (logits, numbers) = formula.Largest(objectness.Transpose(0, 2, 3, 1).Reshape(-1), Options.RpnPreNmsTopNTest);
        var anchors = AnchorsOf(numbers, objectness.Shape(2), anchorSize);
        var code = codes.Transpose(0, 2, 3, 1).Reshape(-1, 4).Gather(numbers, 0);
        var size = Image.Resized.Cast(DType.F32);
        var box = OnnxBox
            .Decode(BoxCoder.OfProposals(Options), code, OnnxBox.Of(anchors))
            .Clip(size.Gather(formula.Whole(0), 0), size.Gather(formula.Whole(1), 0));
        var score = formula.Number(1) / (logits.Map("Neg").MapExactly("Exp") + 1f);
        var isProposal = formula.All(box.AreAtLeast(Options.RpnMinBoxSize).Squeeze(1), score >= formula.Number(Options.RpnScoreThresh));
        var chosen = isProposal.Map("NonZero").Squeeze(0);
        var (boxes, scores) = (box.Join(1).Gather(chosen, 0), score.Gather(chosen, 0));
        var kept = formula.Suppressed(boxes, scores.Unsqueeze(0), Options.RpnPostNmsTopNTest, Options.RpnNmsThresh);
        return (boxes.Gather(kept, 0), scores.Gather(kept, 0));
    }

    /// <summary>Anchors [n, 4] by their numbers, as <see cref="Anchors"/> lists them.</summary>
    /// <param name="numbers">[n].</param>
    /// <param name="places">Rows and columns of the level, [2].</param>
    /// <param name="anchorSize">Of the level.</param>
    OnnxValue AnchorsOf(OnnxValue numbers, OnnxValue places, float anchorSize)
    {
        var formula = numbers.In;
        // The first place's
        ImmutableArray<Box> around = Anchors.Of(new(1, 1), new(1, 1), anchorSize, Options.AspectRatios);
        var step = Image.Padded / places;
        var place = numbers / (long)around.Length;
        var columns = places.Gather(formula.Whole(1), 0);
        var x = (place % columns * step.Gather(formula.Whole(1), 0)).Unsqueeze(1);
        var y = (place / columns * step.Gather(formula.Whole(0), 0)).Unsqueeze(1);
        var shifts = formula.Concat(1, x, y, x, y).Cast(DType.F32);
        return formula
                .Numbers(around.SelectMany(box => (float[])[box.X1, box.Y1, box.X2, box.Y2]))
                .Reshape(-1, 4)
                .Gather(numbers % around.Length, 0) + shifts;
    }
}
