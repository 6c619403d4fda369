using System.Collections.Immutable;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Detection;

/// <summary>A detection before its mask: a box in pixels of the resized image.</summary>
/// <param name="Box">The box.</param>
/// <param name="Label">Class, from 1.</param>
/// <param name="Score">Probability.</param>
public readonly record struct LabelledBox(Box Box, int Label, float Score);

/// <summary>Chooses the detections of an image from what the box head said of its proposals.</summary>
public static class DetectionFilter
{
    /// <summary>Detections by falling score.</summary>
    /// <param name="proposals">Boxes that the head saw.</param>
    /// <param name="logits">[proposals, classes].</param>
    /// <param name="codes">[proposals, classes, 4].</param>
    /// <param name="size">Of the resized image, to which boxes are cut.</param>
    /// <param name="options">Thresholds.</param>
    /// <param name="device">Where boxes are suppressed.</param>
    public static ImmutableArray<LabelledBox> Of(
        ImmutableArray<Box> proposals,
        float[] logits,
        float[] codes,
        ImageSize size,
        MaskRcnnOptions options,
        Device device
    )
    {
        if (proposals.IsEmpty)
            return [];
        int classCount = logits.Length / proposals.Length;
        var coder = BoxCoder.OfDetections(options);
        var found = new List<Candidate>();
        float[] probabilities = new float[classCount];
        for (int i = 0; i < proposals.Length; i++)
        {
            Softmax(logits.AsSpan(i * classCount, classCount), probabilities);
            for (int label = 1; label < classCount; label++)
            {
                if (!(probabilities[label] > options.BoxScoreThresh))
                    continue;
                var code = codes.AsSpan(((i * classCount) + label) * 4, 4);
                var box = coder.Decode(new(code[0], code[1], code[2], code[3]), proposals[i]).Clip(size.Height, size.Width);
                if (box.Width >= options.BoxMinSize && box.Height >= options.BoxMinSize)
                    found.Add(new(box, probabilities[label], label));
            }
        }

        return
        [
            .. Suppression
                .Keep(found, options.BoxNmsThresh, options.BoxDetectionsPerImg, device)
                .Select(kept => new LabelledBox(kept.Box, kept.Group, kept.Score)),
        ];
    }

    static void Softmax(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        float largest = float.NegativeInfinity,
            sum = 0;
        foreach (float logit in logits)
            largest = Math.Max(largest, logit);
        for (int i = 0; i < logits.Length; i++)
            sum += probabilities[i] = MathF.Exp(logits[i] - largest);
        foreach (ref float probability in probabilities)
            probability /= sum;
    }
}
