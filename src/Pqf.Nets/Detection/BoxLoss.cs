using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Losses;

namespace Pqf.Nets.Detection;

/// <summary>A proposal that trains.</summary>
/// <param name="Image">Number in the batch.</param>
/// <param name="Box">The proposal.</param>
/// <param name="Object">Number of its object in the image; <see cref="Matcher.Background"/> if none.</param>
/// <param name="Label">Class; 0 for background.</param>
readonly record struct SampledBox(int Image, Box Box, int Object, int Label)
{
    public RoiBox Roi => new(Image, Box);
}

/// <summary>The losses of the heads on boxes (Girshick 2015, section 2.3; He et al. 2017, section 3).</summary>
static class BoxLoss
{
    /// <summary>Draws the boxes of one image that train, the objects' own boxes among those to choose from.</summary>
    /// <param name="proposals">Of the image.</param>
    /// <param name="image">Its number.</param>
    /// <param name="target">Its objects.</param>
    /// <param name="options">Overlaps, and how many.</param>
    /// <param name="key">Draws them.</param>
    public static ImmutableArray<SampledBox> Sample(
        ImmutableArray<Box> proposals,
        int image,
        ResizedTarget target,
        MaskRcnnOptions options,
        RngKey key
    )
    {
        ImmutableArray<Box> all = [.. proposals, .. target.Boxes];
        int[] matches = new Matcher(options.BoxFgIouThresh, options.BoxBgIouThresh, LowQuality: false).Match(target.Boxes, all);
        var (positive, negative) = new BalancedSampler(options.BoxBatchSizePerImage, options.BoxPositiveFraction).Draw(matches, key);
        return
        [
            .. positive
                .Concat(negative)
                .Order()
                .Select(i => new SampledBox(image, all[i], matches[i], matches[i] >= 0 ? target.Labels[matches[i]] : 0)),
        ];
    }

    /// <summary>Records the losses of class and box.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="logits">[R, classes].</param>
    /// <param name="codes">[R, classes · 4].</param>
    /// <param name="boxes">The R boxes.</param>
    /// <param name="targets">One for each image.</param>
    /// <param name="options">Of codes.</param>
    public static (Variable Classifier, Variable BoxReg) Record(
        Tape tape,
        Variable logits,
        Variable codes,
        ImmutableArray<SampledBox> boxes,
        ImmutableArray<ResizedTarget> targets,
        MaskRcnnOptions options
    )
    {
        var (device, classCount) = (logits.Value.Device, logits.Shape[1]);
        var coder = BoxCoder.OfDetections(options);
        var (places, wanted) = (new List<int>(), new List<float>());
        for (int i = 0; i < boxes.Length; i++)
            if (boxes[i] is { Object: >= 0 } box)
            {
                var code = coder.Encode(targets[box.Image].Boxes[box.Object], box.Box);
                places.AddRange(Enumerable.Range(4 * ((i * classCount) + box.Label), 4));
                wanted.AddRange([code.Dx, code.Dy, code.Dw, code.Dh]);
            }

        var classifier = tape.Apply(
            new CrossEntropy.Function(),
            logits,
            Tape.Constant(OneHot.Create(device, [.. boxes.Select(box => box.Label)], classCount))
        );
        var boxReg = tape.Apply(
            new SmoothL1.Function(options.SmoothL1Beta),
            Flat.Select(tape, codes, [.. places]),
            Tape.Constant(Tensor<float>.From(device, [wanted.Count], [.. wanted]))
        );
        return (classifier, tape.Apply(new Scale.Function(1f / boxes.Length), boxReg));
    }

    /// <summary>Records the loss of the masks of boxes that are of objects whose masks are known.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="logits">[P, side, side, classes].</param>
    /// <param name="boxes">The P boxes.</param>
    /// <param name="targets">One for each image.</param>
    public static Variable RecordMasks(Tape tape, Variable logits, ImmutableArray<SampledBox> boxes, ImmutableArray<ResizedTarget> targets)
    {
        int side = logits.Shape[1],
            cells = side * side,
            classCount = logits.Shape[3];
        float[] wanted = new float[boxes.Length * cells];
        int[] places = new int[wanted.Length];
        for (int i = 0; i < boxes.Length; i++)
        {
            var (box, target) = (boxes[i], targets[boxes[i].Image]);
            MaskTargets.Project(target.Masks[box.Object]!, target.Size, box.Box, side, wanted.AsSpan(i * cells, cells));
            for (int cell = i * cells; cell < (i + 1) * cells; cell++)
                places[cell] = (cell * classCount) + box.Label;
        }

        return tape.Apply(
            new BinaryCrossEntropy.Function(),
            Flat.Select(tape, logits, [.. places]),
            Tape.Constant(Tensor<float>.From(logits.Value.Device, [wanted.Length], wanted))
        );
    }
}
