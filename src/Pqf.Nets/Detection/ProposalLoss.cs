using System.Collections.Immutable;
using Pqf.Autodiff;
using Pqf.Nets.Execution;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Tensors.Ops.Elementwise;
using Pqf.Tensors.Ops.Losses;
using Pqf.Tensors.Ops.Movement;

namespace Pqf.Nets.Detection;

/// <summary>Objects in the images of a batch, in pixels of the resized images.</summary>
/// <param name="Boxes">Finite, both sides at least <see cref="LeastSide"/>.</param>
/// <param name="Labels">From 1.</param>
/// <param name="Masks">Of the image as it was; null where only the box is known.</param>
/// <param name="Size">Of the resized image.</param>
sealed record ResizedTarget(ImmutableArray<Box> Boxes, ImmutableArray<int> Labels, ImmutableArray<BinaryMask?> Masks, ImageSize Size)
{
    /// <summary>As long as the sides of the least proposal (<see cref="MaskRcnnOptions.RpnMinBoxSize"/>): a shorter one's logarithm would
    /// outweigh everything else, or be infinite.</summary>
    public const float LeastSide = 1e-3f;

    /// <summary>Brings a target to the size that the network sees. Objects whose boxes have next to no area, or are not finite, cannot be
    /// coded, and are left out.</summary>
    public static ResizedTarget Of(DetectionTarget target, Photograph image, ImageSize size)
    {
        if (target.Labels.Length != target.Boxes.Length || target.Masks.Length != target.Boxes.Length)
            throw new ShapeException(
                "DetectionTarget",
                $"expected a label and a mask for each of {target.Boxes.Length} boxes, got {target.Labels.Length} and {target.Masks.Length}"
            );
        if (
            target.Masks.FirstOrDefault(mask => mask is not null && (mask.Height != image.Height || mask.Width != image.Width)) is
            { } strange
        )
            throw new ShapeException(
                "DetectionTarget",
                $"expected masks of the image's size, [{image.Height}, {image.Width}], got [{strange.Height}, {strange.Width}]"
            );
        float x = (float)size.Width / image.Width,
            y = (float)size.Height / image.Height;
        ImmutableArray<Box> boxes = [.. target.Boxes.Select(box => box.Scale(x, y))];
        int[] kept =
        [
            .. Enumerable
                .Range(0, boxes.Length)
                .Where(i => boxes[i] is { Width: >= LeastSide, Height: >= LeastSide } box && float.IsFinite(box.Area)),
        ];
        return new([.. kept.Select(i => boxes[i])], [.. kept.Select(i => target.Labels[i])], [.. kept.Select(i => target.Masks[i])], size);
    }
}

/// <summary>The two losses of the proposal head (Ren et al. 2015, equation 1), of some anchors of each image.</summary>
static class ProposalLoss
{
    /// <summary>Records them.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="heads">For each level objectness [N, H, W, A] and codes [N, H, W, 4A].</param>
    /// <param name="levels">The same values, with anchors.</param>
    /// <param name="targets">One for each image.</param>
    /// <param name="options">Overlaps, and how many anchors.</param>
    /// <param name="key">Draws the anchors.</param>
    public static (Variable Objectness, Variable BoxReg) Record(
        Tape tape,
        ImmutableArray<RecordedForward> heads,
        ImmutableArray<LevelProposals> levels,
        ImmutableArray<ResizedTarget> targets,
        MaskRcnnOptions options,
        RngKey key
    )
    {
        ImmutableArray<Box> anchors = [.. levels.SelectMany(level => level.Anchors)];
        var picks = levels.Select(_ => new Picks()).ToArray();
        for (int image = 0; image < targets.Length; image++)
            Pick(picks, levels, anchors, image, targets[image].Boxes, options, key.Fold((ulong)image));
        var device = heads[0].Output.Value.Device;
        Variable Chosen(Func<Picks, List<int>> indices, Func<RecordedForward, Variable> values) =>
            Joined(tape, heads.Select((head, level) => Flat.Select(tape, values(head), [.. indices(picks[level])])));
        float[] wanted = [.. picks.SelectMany(pick => pick.Wanted)],
            codes = [.. picks.SelectMany(pick => pick.Codes)];
        var objectness = tape.Apply(
            new BinaryCrossEntropy.Function(),
            Chosen(pick => pick.Anchors, head => head.Outputs[0]),
            Tape.Constant(Tensor<float>.From(device, [wanted.Length], wanted))
        );
        var boxReg = tape.Apply(
            new SmoothL1.Function(options.SmoothL1Beta),
            Chosen(pick => pick.CodeValues, head => head.Outputs[1]),
            Tape.Constant(Tensor<float>.From(device, [codes.Length], codes))
        );
        return (objectness, tape.Apply(new Scale.Function(1f / Math.Max(1, wanted.Length)), boxReg));
    }

    /// <summary>Anchors of one image: what objectness they should have and, of objects, which codes.</summary>
    static void Pick(
        Picks[] picks,
        ImmutableArray<LevelProposals> levels,
        ImmutableArray<Box> anchors,
        int image,
        ImmutableArray<Box> objects,
        MaskRcnnOptions options,
        RngKey key
    )
    {
        int[] matches = new Matcher(options.RpnFgIouThresh, options.RpnBgIouThresh, LowQuality: true).Match(objects, anchors);
        var (positive, negative) = new BalancedSampler(options.RpnBatchSizePerImage, options.RpnPositiveFraction).Draw(matches, key);
        var coder = BoxCoder.OfProposals(options);
        int level = 0,
            first = 0;
        foreach (int anchor in positive.Concat(negative).Order())
        {
            for (; anchor - first >= levels[level].Anchors.Length; level++)
                first += levels[level].Anchors.Length;
            int at = (image * levels[level].Anchors.Length) + anchor - first;
            picks[level].Add(at, matches[anchor] >= 0 ? coder.Encode(objects[matches[anchor]], anchors[anchor]) : null);
        }
    }

    static Variable Joined(Tape tape, IEnumerable<Variable> parts) => tape.Apply(new Concat.Function(0), [.. parts]);

    /// <summary>What is chosen of one level.</summary>
    sealed class Picks
    {
        public List<int> Anchors { get; } = [];

        public List<float> Wanted { get; } = [];

        public List<int> CodeValues { get; } = [];

        public List<float> Codes { get; } = [];

        public void Add(int at, BoxCode? code)
        {
            Anchors.Add(at);
            Wanted.Add(code is null ? 0 : 1);
            if (code is { } wanted)
            {
                CodeValues.AddRange(Enumerable.Range(4 * at, 4));
                Codes.AddRange([wanted.Dx, wanted.Dy, wanted.Dw, wanted.Dh]);
            }
        }
    }
}

/// <summary>Single values of a recorded tensor.</summary>
static class Flat
{
    /// <summary>The values at some places, row-major, each at most once: [places].</summary>
    public static Variable Select(Tape tape, Variable x, ImmutableArray<int> places) =>
        tape.Apply(new IndexSelect.Function(0, places), tape.Apply(new Reshape.Function([x.Shape.Count]), x));
}
